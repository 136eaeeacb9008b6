"""Measure the suite (`make hunt-report`): run it against the seeded bugs and print what it catches.

For each bug and implementation, a copy of the repository is broken. The part of the suite that the
bug's card names must then fail.
"""

import argparse
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

from workbench.databases import KINDS
from workbench.hunt import matrix
from workbench.hunt.catalogue import Bug, catalogue, chosen, sample
from workbench.hunt.suite import Finding, Hunt, parts
from workbench.processes import FailedError, InterruptedRunError, Processes
from workbench.shops import implementations


def main() -> int:
    """Return the exit status: 0 if the suite catches every bug whose edits are not stale."""
    choice = arguments()
    try:
        every = catalogue()
        bugs = chosen(choice.bug, every)
        bugs = sample(bugs, choice.sample) if choice.sample else bugs
        names = implementations() if choice.impl == "all" else [choice.impl]
        return measure(bugs, names, choice, whole=(bugs, names) == (every, implementations()))
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line, or the given arguments."""
    parser = argparse.ArgumentParser(prog="workbench.hunt.report", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument(
        "--bug", default="", help="slugs or unique parts of slugs, separated by commas"
    )
    parser.add_argument(
        "--sample", type=_positive, help="try so many of the bugs, always the same ones"
    )
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--full", action="store_true", help="run every part of the suite")
    parser.add_argument(
        "--no-control",
        dest="control",
        action="store_false",
        help="do not check first that the part passes against the sound shop",
    )
    parser.add_argument("--jobs", type=_positive, default=1, help="how many bugs to try at a time")
    return parser.parse_args(given)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def measure(
    bugs: list[Bug],
    names: list[str],
    choice: argparse.Namespace,
    *,
    whole: bool,
    file: Path = matrix.RESULTS,
) -> int:
    """Print each finding and the kill matrix, write `hunt.json`, and return the exit status."""
    findings = list(hunt(bugs, names, choice))
    matrix.write(findings, whole=whole, file=file)
    table = matrix.matrix_of_parts if choice.full else matrix.matrix
    print("\n".join(["", *table(findings), "", matrix.verdict(findings)]))
    return 1 if matrix.escaped(findings) else 0


def hunt(bugs: list[Bug], names: list[str], choice: argparse.Namespace) -> Iterator[Finding]:
    """Print and yield each finding as soon as it is known; stop all processes at the end."""
    print(matrix.HEADING, flush=True)
    runner = Hunt(choice.database, control=choice.control)
    waiting = [
        runner.run(bug, name, parts() if choice.full else [bug.caught_by])
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
    """Advance every running hunt; drop the finished ones."""
    ended = object()
    for each in list(running):
        finding = next(each, ended)
        if finding is ended:
            running.remove(each)
        elif isinstance(finding, Finding):
            print(matrix.line(finding), flush=True)
            yield finding


if __name__ == "__main__":
    sys.exit(main())
