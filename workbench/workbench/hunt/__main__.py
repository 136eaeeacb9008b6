"""Find a seeded bug yourself: one bug in one implementation is an exercise (`make hunt`)."""

import argparse
import sys

from rich.console import Console

from workbench.databases import KINDS
from workbench.hunt import exercise
from workbench.hunt.catalogue import Bug, catalogue, chosen
from workbench.hunt.reveal import reveal
from workbench.processes import FailedError, InterruptedRunError
from workbench.shops import implementations


def main() -> int:
    """Return the exit status: 1 for a wrong guess or a wrong command line."""
    choice = arguments()
    try:
        bugs = catalogue()
        if not choice.bug and not (choice.hint or choice.guess or choice.reveal):
            print(exercise.usage(bugs))
            return 0
        return 0 if practise(the_exercise(choice, bugs), choice) else 1
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.hunt", description=__doc__)
    parser.add_argument("--bug", default="", help="its slug, or a unique part of it")
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--port", type=int, default=8000, help="the broken shop's port")
    parser.add_argument("--hint", type=int, help="print a hint; the first one reveals least")
    parser.add_argument("--guess", help="check whether FILE:LINE is where the bug is")
    parser.add_argument("--reveal", action="store_true", help="print the solution")
    return parser.parse_args()


def the_exercise(choice: argparse.Namespace, bugs: list[Bug]) -> Bug:
    """Return the chosen bug. Raises FailedError unless one bug and one implementation are named."""
    named = chosen(choice.bug, bugs) if choice.bug else []
    if len(named) != 1 or choice.impl == "all":
        raise FailedError(
            f"An exercise is one bug in one implementation: {exercise.command(named[:1])}\n"
            "`make hunt-report` runs the suite against many bugs, in every implementation."
        )
    return named[0]


def practise(bug: Bug, choice: argparse.Namespace) -> bool:
    """Open the broken shop, or answer a question about it; return False for a wrong guess."""
    if choice.guess:
        return exercise.check(bug, choice.impl, choice.guess)
    if choice.hint is not None:
        print(exercise.hint(bug, choice.impl, choice.hint))
        return True
    if choice.reveal:
        return reveal(bug, choice.impl, choice.database, Console(highlight=False, soft_wrap=True))
    try:
        exercise.explore(bug, choice.impl, choice.database, choice.port)
    except InterruptedRunError:
        print("\nStopped.")
    return True


if __name__ == "__main__":
    sys.exit(main())
