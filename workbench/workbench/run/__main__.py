"""`make run`: start one shop or all of them, and serve until Ctrl-C."""

import argparse
import os
import sys
from contextlib import ExitStack

from workbench.databases import KINDS, open_database
from workbench.processes import FailedError, InterruptedRunError, Processes
from workbench.run.greeting import greeting
from workbench.sandboxes import Sandbox
from workbench.shops import Shop, check_ports, implementations, webhook_url
from workbench.stores import open_store


def main() -> int:
    """Return the exit status: 0 after Ctrl-C or SIGTERM, 1 after a failure."""
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
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.run", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="flask")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument(
        "--port",
        type=int,
        default=8000,
        help="the port of the first shop; the other shops and the providers use the next ports",
    )
    return parser.parse_args()


def run(names: list[str], database: str, first_port: int) -> None:
    """Start the shops, print the greeting, and wait for Ctrl-C. Stop everything at the end."""
    starts_provider = "BOOKSTORE_PAYMENT_URL" not in os.environ
    count = len(names)
    check_ports(range(first_port, first_port + count * (2 if starts_provider else 1)))
    # The databases open first, so that they close last: a server must not lose its database.
    with ExitStack() as databases, Processes() as processes:
        urls = [databases.enter_context(open_database(database, name)) for name in names]
        store = open_store(processes)
        shops = []
        for number, (name, url) in enumerate(zip(names, urls, strict=True)):
            port = first_port + number
            sandbox = None
            if starts_provider:
                sandbox = Sandbox(name, port + count, webhook_url(port)).open(processes)
            shop = Shop(name, port, url, store_url_of(store, number), sandbox)
            shops.append(shop.open(processes))
        print(greeting(shops), flush=True)
        processes.wait()


def store_url_of(store: str, number: int) -> str:
    """Return the URL of a numbered database in the store, so that no two shops share one.

    A URL that names another database than 0 was chosen by the user, and stays as it is.
    """
    return store.removesuffix("/0") + f"/{number}" if store.endswith("/0") else store


if __name__ == "__main__":
    sys.exit(main())
