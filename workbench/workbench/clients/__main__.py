"""`make clients`: generate clients of the contract, compile them, and buy a book with each."""

import argparse
import sys
import time

from workbench import ROOT, VAR
from workbench.clients.steps import Runner
from workbench.clients.table import Table
from workbench.clients.tools import MOCK, TOOLS, Tool
from workbench.lessons import open_shops
from workbench.processes import FailedError, InterruptedRunError, Processes
from workbench.shops import implementations

LOGS = VAR / "clients"


def main() -> int:
    """Return the exit status: 0 if every client compiles and buys a book in every shop."""
    choice = arguments()
    names = implementations() if choice.impl == "all" else [choice.impl]
    if choice.tools == [MOCK]:
        names = []
    began = time.monotonic()
    try:
        with open_shops(*names) as shops, Processes() as processes:
            table = Table(shops)
            if shops:
                table.print_head()
            for tool in choice.tools:
                table.print_row(Runner(tool, processes, LOGS))
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    for remark in [*table.skipped, *table.faults]:
        print(f"\n{remark}")
    print(f"\n{time.monotonic() - began:.0f} s. The logs are in {LOGS.relative_to(ROOT)}/.")
    return bool(table.faults)


def arguments() -> argparse.Namespace:
    """Return the parsed command line; `tools` is the list of chosen tools."""
    parser = argparse.ArgumentParser(prog="workbench.clients", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument("--tools", default="all", help="all, quick, or names with commas")
    choice = parser.parse_args()
    try:
        choice.tools = chosen(choice.tools)
    except FailedError as failure:
        parser.error(str(failure))
    return choice


def chosen(names: str) -> list[Tool]:
    """Return the tools that `TOOLS` names. Raises `FailedError` for a name that is unknown."""
    every = [*TOOLS, MOCK]
    if names == "all":
        return every
    if names == "quick":
        return [tool for tool in every if tool.quick]
    known = [tool.name for tool in every]
    if unknown := [name for name in names.split(",") if name not in known]:
        raise FailedError(
            f"TOOLS={unknown[0]} is not known: give all, quick, or some of {','.join(known)}."
        )
    return [tool for tool in every if tool.name in names.split(",")]


if __name__ == "__main__":
    sys.exit(main())
