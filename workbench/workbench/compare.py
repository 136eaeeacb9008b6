"""`make compare`: the three implementations side by side, as pages or on the terminal."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from rich.console import Console

from workbench import ROOT
from workbench.processes import FailedError
from workbench.reader import site, terminal
from workbench.reader.contract import Operation
from workbench.reader.repository import Repository

SITE = ROOT / "site"


def main() -> int:
    """Return the exit status: 1 if a file cannot be read or the operation does not exist."""
    choice = arguments()
    try:
        repository = Repository(ROOT)
        if choice.operation:
            terminal.show(repository, chosen(repository, choice.operation), Console())
        else:
            show(site.build(repository, SITE), wanted=choice.open)
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.compare", description=__doc__)
    parser.add_argument(
        "--operation",
        default="",
        help="an operationId: print its code instead of building the pages",
    )
    parser.add_argument("--open", action="store_true", help="open the pages in a browser")
    return parser.parse_args()


def show(page: Path, *, wanted: bool) -> None:
    """Print the address of the pages, and open them if that is wanted and there is a screen."""
    print(f"{page.relative_to(ROOT)} is built: {page.as_uri()}")
    if wanted and has_screen():
        webbrowser.open(page.as_uri())


def has_screen() -> bool:
    """Return whether this machine has a screen on which a browser can open."""
    windows = sys.platform in {"darwin", "win32"}
    return windows or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def chosen(repository: Repository, operation_id: str) -> Operation:
    """Find an operation by its id, in any case. Raises FailedError if it does not exist."""
    operations = repository.contract.operations
    for operation in operations:
        if operation.id.lower() == operation_id.lower():
            return operation
    known = ", ".join(operation.id for operation in operations)
    raise FailedError(f"The operation {operation_id} does not exist. The operations are: {known}")


if __name__ == "__main__":
    sys.exit(main())
