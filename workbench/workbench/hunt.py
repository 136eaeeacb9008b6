"""`make hunt`: break the implementations in known ways.

Many bugs or implementations: see that the suite notices each. One bug in one implementation: an
exercise, for somebody who wants to find it.
"""

import argparse
import sys
from collections.abc import Generator, Iterator

from rich.console import Console

from workbench import hunt_exercise as exercise
from workbench import hunt_report as report
from workbench.databases import KINDS
from workbench.hunt_bugs import Bug, catalogue, chosen
from workbench.hunt_reveal import reveal
from workbench.hunt_suite import Finding, Hunter, parts
from workbench.processes import FailedError, InterruptedRunError, Processes
from workbench.shops import implementations


def main() -> int:
    """Return the exit status: 0 if every bug was noticed, or a guess was right."""
    choice = arguments()
    try:
        bugs = catalogue()
        wanted = chosen(choice.bug, bugs)
        names = implementations() if choice.impl == "all" else [choice.impl]
        if is_exercise(choice, wanted):
            return 0 if practise(wanted[0], choice) else 1
        return measure(wanted, names, choice, whole=(wanted, names) == (bugs, implementations()))
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="workbench.hunt", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument("--bug", default="", help="numbers or slugs, separated by commas")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    measured = parser.add_argument_group("many, or one with any of these: what the suite notices")
    measured.add_argument("--full", action="store_true", help="every part of the suite")
    measured.add_argument(
        "--no-control",
        dest="control",
        action="store_false",
        help="do not see first that the part finds nothing in the unbroken shop",
    )
    measured.add_argument("--jobs", type=int, help="how many breaks at a time (default: 1)")
    practised = parser.add_argument_group("one bug in one implementation: an exercise")
    practised.add_argument("--port", type=int, default=8000, help="the broken shop's")
    practised.add_argument("--hint", type=int, help="the first tells least")
    practised.add_argument("--guess", help="FILE:LINE, to be told how near it is")
    practised.add_argument("--reveal", action="store_true", help="the solution")
    return parser.parse_args()


def is_exercise(choice: argparse.Namespace, wanted: list[Bug]) -> bool:
    """Whether somebody wants to find a bug. Raises FailedError if it is not clear which one."""
    if choice.full or choice.jobs or not choice.control:
        return False
    if choice.bug and len(wanted) == 1 and choice.impl != "all":
        return True
    if choice.hint or choice.guess or choice.reveal:
        raise FailedError("An exercise is one bug in one implementation: BUG=17 IMPL=flask")
    return False


def practise(bug: Bug, choice: argparse.Namespace) -> bool:
    """The broken shop, or else what was asked about it; False for a wrong guess."""
    if choice.guess:
        return exercise.check(bug, choice.impl, choice.guess)
    if choice.hint:
        print(exercise.hint(bug, choice.impl, choice.hint))
        return True
    if choice.reveal:
        return reveal(bug, choice.impl, choice.database, Console(highlight=False, soft_wrap=True))
    try:
        exercise.explore(bug, choice.impl, choice.database, choice.port)
    except InterruptedRunError:
        print("\nStopped.")
    return True


def measure(bugs: list[Bug], names: list[str], choice: argparse.Namespace, *, whole: bool) -> int:
    """Whether the suite notices them: a line each, a table in the end, and a file for machines."""
    findings = list(hunt(bugs, names, choice))
    report.write(findings, whole=whole)
    lost = report.escaped(findings)
    table = report.matrix_of_parts if choice.full else report.matrix
    print("\n".join(["", *table(findings), "", report.verdict(findings, lost)]))
    return 1 if lost else 0


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
                while waiting and len(running) < (choice.jobs or 1):
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
