"""The addresses of files, lines, operations and tests on the site."""

import re
from string import ascii_lowercase

from workbench.reader.modules import Definition
from workbench.reader.repository import Repository


class Places:
    """Addresses relative to the site's root."""

    def __init__(self, repository: Repository) -> None:
        """Take the repository with the files."""
        self._repository = repository

    def page(self, key: str) -> str:
        """Return the page of a file, which the implementations share."""
        if concern := self._repository.whole_concern(key):
            return f"concerns/{concern.slug}.html"
        return f"files/{slug(key)}.html"

    def anchor(self, implementation: str, key: str) -> str:
        """Return the prefix of the ids of a file's lines; the line number follows."""
        return self.prefix(key) + ascii_lowercase[self.column(implementation)]

    def prefix(self, key: str) -> str:
        """Return the prefix that distinguishes a file from other files on its page."""
        concern = self._repository.whole_concern(key)
        return f"{slug(key)}-" if concern and len(concern.patterns) > 1 else ""

    def column(self, implementation: str) -> int:
        """Return the column of an implementation, from 0."""
        return self._repository.implementations.index(implementation)

    def line(self, file: str, number: int) -> str:
        """Return the address of a line, by the path in the repository."""
        return f"{self.file(file)}{number}"

    def file(self, file: str) -> str:
        """Return the address of a file, by the path in the repository."""
        source = self._repository.source_by_file[file]
        return f"{self.page(source.key)}#{self.anchor(source.implementation, source.key)}"

    def definition(self, definition: Definition) -> str:
        """Return the address of a definition's first line."""
        return self.line(definition.file, definition.first)


def operation(operation_id: str) -> str:
    """Return the page of an operation."""
    return f"operations/{operation_id}.html"


def document(file: str) -> str:
    """Return the page of a Markdown file, by the path in the repository."""
    return f"documents/{slug(file.removesuffix('.md'))}.html"


def test_part(part: str) -> str:
    """Return the page of a part of the suite: a top-level file or folder."""
    return f"results/{slug(part)}.html"


def test_file(file: str) -> str:
    """Return the address of the test cases of a file."""
    return f"{test_part(part_of(file))}#{slug(file)}"


def part_of(file: str) -> str:
    """Return the part of the suite: `rules` for `test_rules/test_cart.py`."""
    return file.partition("/")[0].removesuffix(".py").removeprefix("test_")


def slug(text: str) -> str:
    """Convert text to a name for a file or an anchor."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().removesuffix(".py")).strip("-")
