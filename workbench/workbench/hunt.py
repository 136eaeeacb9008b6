"""`make hunt`: break each implementation in a known way, and see that the suite notices."""

import argparse
import sys
from collections.abc import Generator, Iterator

from workbench import hunt_report as report
from workbench.databases import KINDS
from workbench.hunt_bugs import Bug, catalogue, chosen
from workbench.hunt_suite import Finding, Hunter, parts
from workbench.processes import FailedError, InterruptedRunError, Processes
from workbench.shops import implementations


def main() -> int:
    """Return the exit status: 0 if every bug was noticed."""
    choice = arguments()
    try:
        bugs = catalogue()
        wanted = chosen(choice.bug, bugs)
        names = implementations() if choice.impl == "all" else [choice.impl]
        findings = list(hunt(wanted, names, choice))
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    report.write(findings, whole=(wanted, names) == (bugs, implementations()))
    lost = report.escaped(findings)
    table = report.matrix_of_parts if choice.full else report.matrix
    print("\n".join(["", *table(findings), "", report.verdict(findings, lost)]))
    return 1 if lost else 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="workbench.hunt", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument("--bug", default="", help="numbers or slugs, separated by commas")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--full", action="store_true", help="every part of the suite, not only one")
    parser.add_argument(
        "--no-control",
        dest="control",
        action="store_false",
        help="do not see first that the part finds nothing in the unbroken shop",
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many breaks at a time")
    return parser.parse_args()


def hunt(bugs: list[Bug], names: list[str], choice: argparse.Namespace) -> Iterator[Finding]:
    """Every finding, printed as it comes. Everything is stopped when this ends, however it ends."""
    print(report.HEADING, flush=True)
    hunter = Hunter(choice.database, control=choice.control)
    waiting = [
        hunter.hunt(bug, name, parts() if choice.full else [bug.caught_by])
        for bug in bugs
        for name in names
    ]
    running: list[Generator[Finding | None, None, None]] = []
    with Processes() as processes:
        try:
            while waiting or running:
                while waiting and len(running) < choice.jobs:
                    running.append(waiting.pop(0))
                yield from _advanced(running)
                processes.pause()
        finally:
            for each in running:
                each.close()


def _advanced(running: list[Generator[Finding | None, None, None]]) -> Iterator[Finding]:
    """Let each go on a little; those at their end leave."""
    ended = object()
    for each in list(running):
        finding = next(each, ended)
        if finding is ended:
            running.remove(each)
        elif isinstance(finding, Finding):
            print(report.line(finding), flush=True)
            yield finding


if __name__ == "__main__":
    sys.exit(main())
