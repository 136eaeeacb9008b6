"""`make demo`: show real requests to a shop, from the first customer to the sales report."""

import argparse
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from workbench.databases import KINDS, postgres
from workbench.demo.terminal import Screen
from workbench.demo.tour import Tour
from workbench.processes import FailedError, InterruptedRunError, Processes, free_port
from workbench.sandboxes import Sandbox
from workbench.shops import Shop, implementations, webhook_url
from workbench.stores import open_store


def main() -> int:
    """Return the exit status: 0 if every response was the expected one."""
    choice = arguments()
    names = implementations() if choice.impl == "all" else [choice.impl]
    screen = Screen()
    for name in names:
        folder = Path(tempfile.mkdtemp(prefix=f"bookstore-demo-{name}-"))
        try:
            show(name, choice.database, folder, screen)
        except InterruptedRunError:
            shutil.rmtree(folder)
            print("\nStopped.")
            return 130
        except FailedError as failure:
            print(f"\n{name}: {failure}\nThe logs are in {folder / 'log'}", file=sys.stderr)
            return 1
        shutil.rmtree(folder)
    return 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.demo", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="flask")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    return parser.parse_args()


def show(name: str, database: str, folder: Path, screen: Screen) -> None:
    """Start a shop with an empty database, run the tour, and stop everything."""
    screen.headline(f"Starting a bookstore in {name}: database, store, payment provider, shop")
    with ExitStack() as databases, Processes() as processes:
        url = f"sqlite:///{folder / name}.db"
        if database == "postgres":
            url = databases.enter_context(postgres(name))
        store = open_store(processes, folder)
        port = free_port()
        sandbox = Sandbox(name, free_port(), webhook_url(port), folder).open(processes)
        shop = Shop(name, port, url, store, sandbox, folder).open(processes)
        with shop.client() as client, sandbox.client() as provider:
            try:
                Tour(name, client, provider, screen, processes).run()
            except (LookupError, TypeError, ValueError) as error:
                raise FailedError(f"A response has an unexpected form: {error!r}") from error


if __name__ == "__main__":
    sys.exit(main())
