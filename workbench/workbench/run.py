"""`make run`: one implementation, or all of them, open for a look around until Ctrl-C."""

import argparse
import os
import sys
from contextlib import ExitStack

from workbench.databases import KINDS, open_database
from workbench.greeting import greeting
from workbench.processes import FailedError, InterruptedRunError, Processes
from workbench.sandboxes import Sandbox
from workbench.shops import Shop, check_ports, implementations, webhook_url
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
    parser.add_argument(
        "--port",
        type=int,
        default=8000,
        help="the first shop's; the others, then their providers, follow it",
    )
    return parser.parse_args()


def run(names: list[str], database: str, first_port: int) -> None:
    """Open the shops, greet, and wait. Everything is stopped when this ends, however it ends."""
    own_provider = "BOOKSTORE_PAYMENT_URL" not in os.environ
    count = len(names)
    check_ports(range(first_port, first_port + count * (2 if own_provider else 1)))
    # The databases come first, so that they go last: a server may not lose its own.
    with ExitStack() as databases, Processes() as processes:
        urls = [databases.enter_context(open_database(database, name)) for name in names]
        store = open_store(processes)
        shops = []
        for number, (name, url) in enumerate(zip(names, urls, strict=True)):
            port = first_port + number
            sandbox = None
            if own_provider:
                sandbox = Sandbox(name, port + count, webhook_url(port)).open(processes)
            shop = Shop(name, port, url, store_of(store, number), sandbox)
            shops.append(shop.open(processes))
        print(greeting(shops), flush=True)
        processes.wait()


def store_of(store: str, number: int) -> str:
    """Each shop's own numbered database in the store, as each has a SQL database of its own."""
    return store.removesuffix("/0") + f"/{number}" if store.endswith("/0") else store


if __name__ == "__main__":
    sys.exit(main())
