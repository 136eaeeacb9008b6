"""`make outages`: what clients see while each service of the profile `all` stops and starts.

The containers run already: `docker compose --profile all up --wait gateway`.
"""

import argparse
import os
import subprocess
import sys
import time

import httpx

from workbench import ROOT
from workbench.outages_load import Load, Told
from workbench.processes import FailedError

SERVICES = ("all-flask", "all-fastapi", "all-django", "store", "postgres", "all-payments")
QUIET_SECONDS = 5.0
DOWN_SECONDS = 5.0
PATIENCE_SECONDS = 60.0


def main() -> int:
    """Return the exit status: 0 if nothing was lost, and only what had to fail did."""
    choice = arguments()
    print(heading(), flush=True)
    try:
        with Load(choice.url, choice.customers) as load:
            rest(load)
            for service in SERVICES:
                print(row(f"{service} stops and starts", outage(load, service)), flush=True)
            load.end()
            lost = load.lost()
    except (FailedError, httpx.HTTPError) as failure:
        print(failure, file=sys.stderr)
        return 1
    print("\n".join(["", verdict(load, lost)]))
    return 1 if lost else 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="workbench.outages", description=__doc__)
    port = os.environ.get("BOOKSTORE_PORT", "8000")  # as compose.yaml has it
    parser.add_argument("--url", default=f"http://127.0.0.1:{port}", help="the gateway")
    parser.add_argument("--customers", type=int, default=6)
    return parser.parse_args()


def outage(load: Load, service: str) -> Told:
    """What clients were told from the moment a service stops until all is well again."""
    load.told()
    compose("stop", service)
    time.sleep(DOWN_SECONDS)
    compose("up", "--detach", "--no-deps", "--wait", service)
    rest(load)
    return load.told()


def rest(load: Load) -> None:
    """Wait until every customer has bought something after this moment."""
    if not load.all_buy(seconds=PATIENCE_SECONDS):
        raise FailedError(f"Nothing could be bought any more: {load.last_failure}")
    time.sleep(QUIET_SECONDS)


def compose(*arguments: str) -> None:
    """Raise FailedError if it fails."""
    command = ["docker", "compose", "--profile", "all", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedError(f"{' '.join(command)}: {done.stderr}")


def heading() -> str:
    return (
        f"{'what happens':<34}{'answered':>10}{'503':>7}{'5xx':>7}{'broken':>8}{'longest wait':>14}"
    )


def row(what: str, told: Told) -> str:
    """A line of it; the wait is that of a customer for a purchase, in seconds."""
    counts = f"{told.answered:>10}{told.unavailable:>7}{told.other_failures:>7}{told.broken:>8}"
    return f"{what:<34}{counts}{told.longest_wait:>12.1f} s"


def verdict(load: Load, lost: list[str]) -> str:
    if lost:
        return "Lost: " + "; ".join(lost[:10])
    return f"{load.acknowledged} acknowledged orders are all there, paid, and counted in the stock."


if __name__ == "__main__":
    sys.exit(main())
