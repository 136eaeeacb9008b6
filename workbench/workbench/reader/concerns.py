"""What to compare, as the table in README.md has it: a concern, its files, a word on each shop."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from workbench.processes import FailedError

HEADING = "| concern | file |"


@dataclass(frozen=True)
class Concern:
    """One row of the table."""

    name: str
    patterns: tuple[str, ...]
    """Of files as they are called in every implementation: `errors.py`, `*/views.py`, `tests/`."""
    words: dict[str, str]
    """What each implementation has for it, by the column's title."""

    @property
    def title(self) -> str:
        """Its name as a heading."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def slug(self) -> str:
        """Its page's name."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def is_whole(self) -> bool:
        """Whether it names its files one by one, so that its page can show them in full."""
        return not any("*" in pattern or pattern.endswith("/") for pattern in self.patterns)

    def covers(self, key: str) -> bool:
        """Whether a file belongs to it."""
        return any(
            key.startswith(pattern)
            if pattern.endswith("/")
            else fnmatchcase(key, pattern) and key.count("/") == pattern.count("/")
            for pattern in self.patterns
        )


def read(root: Path) -> tuple[list[Concern], list[str]]:
    """The concerns, and the titles of the columns that name implementations.

    Raises FailedError where README.md has no such table.
    """
    lines = (root / "README.md").read_text().splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(HEADING)), None)
    if start is None:
        raise FailedError(f"README.md has no table that begins with {HEADING}")
    titles = _cells(lines[start])[2:]
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, files, *words = _cells(line)
        patterns = tuple(re.findall(r"`([^`]+)`", files))
        found.append(Concern(name, patterns, dict(zip(titles, words, strict=True))))
    return found, titles


def covering(concerns: Iterable[Concern], key: str) -> Concern | None:
    """The first concern that a file belongs to."""
    return next((concern for concern in concerns if concern.covers(key)), None)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
