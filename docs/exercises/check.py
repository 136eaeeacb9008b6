"""Whether an exercise is solved: `workbench/.venv/bin/python docs/exercises/check.py 01-flask`."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import availability
import probes
import reserving
import signing
from workbench.processes import FailedError

HERE = Path(__file__).resolve().parent

CHECKS: dict[str, Callable[[Path], None]] = {
    "01-flask": partial(availability.check, "flask"),
    "02-fastapi": partial(availability.check, "fastapi"),
    "03-django": partial(availability.check, "django"),
    "04-databases": reserving.check,
    "05-errors": partial(probes.check, "unknown-query-parameter-ignored", "django"),
    "06-auth": partial(probes.check, "role-cached-until-restart", "fastapi"),
    "07-external-services": signing.check,
    "08-testing": partial(probes.check, "cursor-skips-equal-sort-keys", "flask"),
    "09-deployment": partial(probes.check, "readiness-ignores-shutdown", "flask"),
    "10-debugging": partial(probes.check, "n-plus-one-queries-in-book-list", "django"),
}
"""Each is given the folder to check, and raises FailedError with what is missing."""


def main() -> int:
    """Return the exit status: 0 if it is solved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", choices=CHECKS)
    parser.add_argument("--solution", action="store_true", help="check the one that is there")
    choice = parser.parse_args()
    folder = HERE / choice.lesson
    try:
        CHECKS[choice.lesson](folder / "solution" if choice.solution else folder)
    except FailedError as missing:
        print(f"{choice.lesson}: not yet\n{missing}")
        return 1
    print(f"{choice.lesson}: solved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
