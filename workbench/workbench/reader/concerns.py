"""Read the table of README.md that compares the implementations: concerns and their files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from workbench.processes import FailedError

HEADING = "| concern | file |"


@dataclass(frozen=True)
class Concern:
    """A row of the table."""

    name: str
    patterns: tuple[str, ...]
    """Patterns of files, equal in all implementations: `errors.py`, `*/views.py`, `tests/`."""
    words: dict[str, str]
    """The text of each implementation, by the title of its column."""

    @property
    def title(self) -> str:
        """The name with a capital letter."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def slug(self) -> str:
        """The file name of the concern's page, without a suffix."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def is_whole(self) -> bool:
        """True if the concern names single files: its page then shows their code."""
        return not any("*" in pattern or pattern.endswith("/") for pattern in self.patterns)

    def covers(self, key: str) -> bool:
        """Return whether a file belongs to this concern."""
        return any(
            key.startswith(pattern)
            if pattern.endswith("/")
            else fnmatchcase(key, pattern) and key.count("/") == pattern.count("/")
            for pattern in self.patterns
        )


def read(root: Path) -> tuple[list[Concern], list[str]]:
    """Return the concerns, and the titles of the implementations' columns.

    Raises FailedError if README.md does not have the table.
    """
    lines = (root / "README.md").read_text().splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(HEADING)), None)
    if start is None:
        raise FailedError(f"README.md must have a table that begins with {HEADING}")
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
    """Return the first concern that a file belongs to."""
    return next((concern for concern in concerns if concern.covers(key)), None)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
