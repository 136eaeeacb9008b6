"""The catalogue of seeded bugs, `contract_tests/bugs/`: a card, and a patch for each shop."""

import os
import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from workbench import ROOT
from workbench.processes import FailedError

BUGS = ROOT / "contract_tests" / "bugs"
FOLDER = re.compile(r"(?P<number>[0-9]{3})-[a-z0-9]+(-[a-z0-9]+)*")
CARD = re.compile(r"---\n(?P<front>.*?)\n---\n\n(?P<story>.+)\n", re.DOTALL)
REQUIRED, OPTIONAL = {"title", "kind", "caught_by"}, {"database"}


@dataclass(frozen=True)
class Bug:
    """One of them: what a user would suffer, and the part of the suite that is to notice it."""

    number: str
    """Three digits."""
    folder: Path
    title: str
    kind: str
    caught_by: str
    """A file or folder of the suite, as seen from `contract_tests/`."""
    story: str
    database: str | None = None
    """`postgres` where only a database with many writers shows it."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """From its folder. Raises FailedError for a card of another form."""
        name, card = FOLDER.fullmatch(folder.name), folder / "card.md"
        if not name or not card.is_file():
            raise FailedError(f"{folder}: a bug is a folder NNN-slug with a card.md")
        found = CARD.fullmatch(card.read_text())
        if not found:
            raise FailedError(f"{card}: a card is a front matter, and what a user suffers")
        front = dict(line.split(": ", 1) for line in found["front"].splitlines())
        if not REQUIRED <= set(front) <= REQUIRED | OPTIONAL:
            raise FailedError(f"{card}: its front matter has {', '.join(sorted(REQUIRED))}")
        return cls(name["number"], folder, story=found["story"], **front)

    @property
    def name(self) -> str:
        """As its folder is called."""
        return self.folder.name

    def patch(self, implementation: str) -> Path:
        """What brings it into an implementation."""
        return self.folder / f"{implementation}.patch"

    def apply(self, implementation: str, folder: Path, *, check: bool = False) -> None:
        """Bring it into a copy of the repository, or only see whether that is possible.

        Raises FailedError if its patch is missing, or does not apply.
        """
        patch = self.patch(implementation)
        if not patch.is_file():
            raise FailedError(f"{self.name} has no {patch.name}")
        options = ["--check"] if check else []
        # Below another repository git would skip, without a word, what is not in its index.
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
        done = subprocess.run(
            ["git", "apply", *options, patch],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise FailedError(f"{self.name}/{patch.name} does not apply:\n{done.stderr.rstrip()}")


def catalogue(folder: Path = BUGS) -> list[Bug]:
    """All bugs, by number. Raises FailedError for a bad card, or a number given twice."""
    bugs = [Bug.read(path) for path in sorted(folder.iterdir()) if path.is_dir()]
    for one, other in pairwise(bugs):
        if one.number == other.number:
            raise FailedError(f"{one.name} and {other.name} have the same number")
    return bugs


def chosen(words: str, bugs: list[Bug]) -> list[Bug]:
    """The bugs that are named by number or slug, separated by commas; all for no word.

    Raises FailedError for one that there is not.
    """
    found = []
    for word in filter(None, words.replace(",", " ").split()):
        number = f"{int(word):03}" if word.isdecimal() else ""
        named = [bug for bug in bugs if number == bug.number or word in (bug.name, bug.name[4:])]
        if not named:
            raise FailedError(f"There is no bug {word}: contract_tests/bugs/ has them all")
        found += named
    return found or bugs
