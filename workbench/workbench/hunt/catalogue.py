"""The catalogue of seeded bugs in `contract_tests/bugs/`: cards and edits."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench import ROOT
from workbench.hunt.edits import Edits
from workbench.processes import FailedError

BUGS = ROOT / "contract_tests" / "bugs"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
LONGEST_SLUG = 44
"""The tables of a report have a column for it."""
CARD = re.compile(r"---\n(?P<front>.*?)\n---\n\n(?P<story>.+)\n", re.DOTALL)
REQUIRED, OPTIONAL = {"title", "kind", "caught_by"}, {"database", "exercise"}
LEVELS = ("easy", "medium", "hard")
LISTED = 5
"""How many bugs an error message names where a word fits many."""


@dataclass(frozen=True)
class Bug:
    """A seeded bug: what a user suffers, and the part of the suite that must catch it."""

    folder: Path
    title: str
    kind: str
    caught_by: str
    """A file or folder of the suite, relative to `contract_tests/`."""
    story: str
    database: str | None = None
    """`postgres` if SQLite, which allows one writer at a time, hides the bug."""
    exercise: str | None = None
    """Its level, if `make hunt` recommends it to begin with: easy, medium or hard."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the card in a bug's folder. Raises FailedError if it has another format."""
        card = folder / "card.md"
        if not SLUG.fullmatch(folder.name) or len(folder.name) > LONGEST_SLUG:
            raise FailedError(f"{folder}: the name is a slug of up to {LONGEST_SLUG} characters")
        found = CARD.fullmatch(card.read_text()) if card.is_file() else None
        if not found:
            raise FailedError(f"{card}: a card is a front matter and what a user suffers")
        front = dict(line.split(": ", 1) for line in found["front"].splitlines())
        if not REQUIRED <= set(front) <= REQUIRED | OPTIONAL:
            raise FailedError(f"{card}: the front matter has {', '.join(sorted(REQUIRED))}")
        if front.get("exercise", LEVELS[0]) not in LEVELS:
            raise FailedError(f"{card}: `exercise` is one of {', '.join(LEVELS)}")
        return cls(folder, story=found["story"], **front)

    @property
    def name(self) -> str:
        """The bug's slug: the name of its folder."""
        return self.folder.name

    def edits(self, implementation: str) -> Edits:
        """Read its edits for an implementation. Raises FailedError if there are none."""
        return Edits.read(self.folder / f"{implementation}.toml")


def catalogue(folder: Path = BUGS) -> list[Bug]:
    """Read all bugs, sorted by slug. Raises FailedError for a card with another format."""
    return [Bug.read(path) for path in sorted(folder.iterdir()) if path.is_dir()]


def chosen(words: str, bugs: list[Bug]) -> list[Bug]:
    """Return the bugs that are named, separated by commas; all of them if none is.

    A bug is named by its slug, or by a part that no other slug contains. Raises FailedError if a
    word names no bug, or several.
    """
    found = []
    for word in filter(None, words.replace(",", " ").split()):
        containing = [bug for bug in bugs if word in bug.name]
        named = [bug for bug in containing if word == bug.name] or containing
        if not named:
            raise FailedError(f"There is no bug {word}: contract_tests/bugs/ has them all")
        if len(named) > 1:
            names = [bug.name for bug in named[:LISTED]] + ["…"] * (len(named) > LISTED)
            raise FailedError(f"Several bugs have {word} in their names: {', '.join(names)}")
        found += named
    return list(dict.fromkeys(found)) or bugs


def sample(bugs: list[Bug], size: int) -> list[Bug]:
    """Choose so many bugs, always the same ones.

    The choice depends on the slugs alone: a new bug displaces at most one of a sample.
    """
    by_digest = sorted(bugs, key=lambda bug: hashlib.sha256(bug.name.encode()).digest())
    return sorted(by_digest[:size], key=lambda bug: bug.name)
