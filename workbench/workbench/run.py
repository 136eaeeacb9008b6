"""`make run`: one implementation, or all of them, open for a look around until Ctrl-C."""

import argparse
import sys
from contextlib import ExitStack

from workbench.databases import KINDS, open_database
from workbench.greeting import greeting
from workbench.processes import FailedError, InterruptedRunError, Processes
from workbench.shops import Shop, check_ports, implementations
from workbench.stores import open_store


def main() -> int:
    """Return the exit status: 0 when asked to stop, 1 when something failed."""
    choice = arguments()
    names = implementations() if choice.impl == "all" else [choice.impl]
    try:
        run(names, choice.database, choice.port)
    except InterruptedRunError:
        print("\nStopped.")
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="workbench.run", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="flask")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--port", type=int, default=8000, help="the first shop's; others follow it")
    return parser.parse_args()


def run(names: list[str], database: str, first_port: int) -> None:
    """Open the shops, greet, and wait. Everything is stopped when this ends, however it ends."""
    check_ports(range(first_port, first_port + len(names)))
    # The databases come first, so that they go last: a server may not lose its own.
    with ExitStack() as databases, Processes() as processes:
        urls = [databases.enter_context(open_database(database, name)) for name in names]
        store = open_store(processes)
        shops = [
            Shop(name, first_port + number, url, store_of(store, number)).open(processes)
            for number, (name, url) in enumerate(zip(names, urls, strict=True))
        ]
        print(greeting(shops), flush=True)
        processes.wait()


def store_of(store: str, number: int) -> str:
    """Each shop's own numbered database in the store, as each has a SQL database of its own."""
    return store.removesuffix("/0") + f"/{number}" if store.endswith("/0") else store


if __name__ == "__main__":
    sys.exit(main())
