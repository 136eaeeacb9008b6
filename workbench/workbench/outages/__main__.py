"""`make outages`: what clients see while each service of the profile `all` stops and restarts.

The containers must run: `docker compose --profile all up --wait gateway`.
"""

import argparse
import os
import subprocess
import sys
import time

import httpx

from workbench import ROOT
from workbench.outages.load import Load, Responses
from workbench.processes import FailedError

SERVICES = ("all-flask", "all-fastapi", "all-django", "store", "postgres", "all-payments")
QUIET_SECONDS = 5.0
DOWN_SECONDS = 5.0
RECOVERY_SECONDS = 60.0


def main() -> int:
    """Return the exit status: 0 if no acknowledged order was lost and every service recovered."""
    choice = arguments()
    print(heading(), flush=True)
    try:
        with Load(choice.url, choice.customers) as load:
            wait_for_recovery(load)
            for service in SERVICES:
                responses = outage(load, service)
                print(row(f"{service} stops and restarts", responses), flush=True)
            load.end()
            lost = load.lost()
    except (FailedError, httpx.HTTPError) as failure:
        print(failure, file=sys.stderr)
        return 1
    print("\n".join(["", verdict(load, lost)]))
    return 1 if lost else 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.outages", description=__doc__)
    port = os.environ.get("BOOKSTORE_PORT", "8000")  # the gateway's port in compose.yaml
    parser.add_argument("--url", default=f"http://127.0.0.1:{port}", help="the gateway")
    parser.add_argument("--customers", type=int, default=6)
    return parser.parse_args()


def outage(load: Load, service: str) -> Responses:
    """Stop and restart a service; return the responses from its stop until full recovery."""
    load.take_responses()
    compose("stop", service)
    time.sleep(DOWN_SECONDS)
    compose("up", "--detach", "--no-deps", "--wait", service)
    wait_for_recovery(load)
    return load.take_responses()


def wait_for_recovery(load: Load) -> None:
    """Wait until every customer has completed a purchase since this call, and some seconds more.

    Raises FailedError if that takes longer than RECOVERY_SECONDS.
    """
    if not load.all_buy(seconds=RECOVERY_SECONDS):
        raise FailedError(f"The customers cannot buy any more: {load.last_failure}")
    time.sleep(QUIET_SECONDS)


def compose(*arguments: str) -> None:
    """Run a command of Docker Compose. Raises FailedError if it fails."""
    command = ["docker", "compose", "--profile", "all", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedError(f"{' '.join(command)}: {done.stderr}")


def heading() -> str:
    counts = f"{'responses':>10}{'503':>7}{'5xx':>7}{'broken':>8}"
    return f"{'what happens':<34}{counts}{'longest wait':>14}"


def row(what: str, responses: Responses) -> str:
    """Return a line of the table. The wait is in seconds, retries of a request included."""
    counts = f"{responses.total:>10}{responses.unavailable:>7}"
    failures = f"{responses.other_failures:>7}{responses.broken_connections:>8}"
    return f"{what:<34}{counts}{failures}{responses.longest_wait:>12.1f} s"


def verdict(load: Load, lost: list[str]) -> str:
    if lost:
        return "Lost: " + "; ".join(lost[:10])
    return f"All {load.acknowledged} acknowledged orders exist, are paid, and match the stock."


if __name__ == "__main__":
    sys.exit(main())
