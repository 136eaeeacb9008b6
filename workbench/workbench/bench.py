"""`make bench`: what a request costs, in processor time, in each implementation."""

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from workbench.bench_costs import Costs, Payer, memory
from workbench.bench_requests import CASES, Customer
from workbench.databases import postgres
from workbench.processes import FailedError, InterruptedRunError, Processes, free_port
from workbench.sandboxes import Sandbox
from workbench.shops import Shop, implementations, webhook_url
from workbench.stores import open_store

Measured = dict[tuple[str, str], list[Costs]]


def main() -> int:
    """Return the exit status: 0 when everything was measured."""
    choice = arguments()
    names = implementations() if choice.impl == "all" else [choice.impl]
    try:
        with open_shops(names) as customers:
            idle = {name: memory(name) for name in customers}
            measured = measure(customers, choice.rounds, choice.requests)
            busy = {name: memory(name) for name in customers}
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    print("\n".join([*table(measured, names), "", *memory_table(idle, busy)]))
    return 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="workbench.bench", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many is shown")
    parser.add_argument("--requests", type=int, default=200, help="in each round, of each kind")
    return parser.parse_args()


@contextmanager
def open_shops(names: list[str]) -> Iterator[dict[str, Customer]]:
    """A customer of each implementation, each shop on PostgreSQL and with one worker."""
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="bookstore-bench-")))
        urls = {name: ending.enter_context(postgres(name)) for name in names}
        processes = ending.enter_context(Processes())
        customers = {}
        for name, url in urls.items():
            port = free_port()
            sandbox = Sandbox(name, free_port(), webhook_url(port), folder).open(processes)
            store = open_store(processes, folder)
            shop = Shop(name, port, url, store, sandbox, folder).open(processes)
            customers[name] = ending.enter_context(Customer.of(shop))
        yield customers


def measure(customers: dict[str, Customer], rounds: int, requests: int) -> Measured:
    """The costs of every kind of request; the shops take turns, for the weather changes."""
    measured: Measured = defaultdict(list)
    for number in range(rounds + 1):
        for case in CASES:
            for name, customer in customers.items():
                count = max(1, requests // case.weight)
                before = Payer(name).costs()
                for _ in range(count):
                    case.send(customer)
                if number:  # the first round warms up
                    measured[case.name, name].append((Payer(name).costs() - before) / count)
    return measured


def table(measured: Measured, names: list[str]) -> list[str]:
    """Milliseconds of processor time, a line for each kind of request."""
    head = "".join(f"{name:>27}" for name in names)
    lines = [
        f"{'ms of processor time':<34}{head}",
        f"{'':<34}" + f"{'shop + database + store':>27}" * len(names),
    ]
    for case in CASES:
        cells = [_median(measured[case.name, name]) for name in names]
        lines.append(f"{case.name:<34}" + "".join(f"{cell:>27}" for cell in cells))
    return lines


def _median(costs: list[Costs]) -> str:
    parts = [statistics.median(part) for part in zip(*costs, strict=True)]
    return " + ".join(f"{part * 1000:.2f}" for part in parts)


def memory_table(idle: dict[str, int], busy: dict[str, int]) -> list[str]:
    """Megabytes of a shop with one worker, its supervisor included."""
    return [
        f"{name}: {idle[name] / 1e6:.0f} MB at rest, {busy[name] / 1e6:.0f} MB after this"
        for name in idle
    ]


if __name__ == "__main__":
    sys.exit(main())
