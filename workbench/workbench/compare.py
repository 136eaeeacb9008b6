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
    """Return the exit status: 0 unless something cannot be read, or there is no such operation."""
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
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="workbench.compare", description=__doc__)
    parser.add_argument("--operation", default="", help="an operationId: print it, make no pages")
    parser.add_argument("--open", action="store_true", help="open the pages in a browser")
    return parser.parse_args()


def show(page: Path, *, wanted: bool) -> None:
    """Say where the pages are, and open them where there is a screen."""
    print(f"{page.relative_to(ROOT)} is built: {page.as_uri()}")
    if wanted and has_screen():
        webbrowser.open(page.as_uri())


def has_screen() -> bool:
    """Whether a browser would have something to be seen on."""
    windows = sys.platform in {"darwin", "win32"}
    return windows or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def chosen(repository: Repository, operation_id: str) -> Operation:
    """The operation of that name, whatever its case. Raises FailedError if there is none."""
    operations = repository.contract.operations
    for operation in operations:
        if operation.id.lower() == operation_id.lower():
            return operation
    known = ", ".join(operation.id for operation in operations)
    raise FailedError(f"There is no operation {operation_id}: it is one of {known}")


if __name__ == "__main__":
    sys.exit(main())
