"""Where in the site a file, a line, an operation or a test is shown."""

import re
from string import ascii_lowercase

from workbench.reader.modules import Definition
from workbench.reader.repository import Repository


class Places:
    """Addresses as seen from the site's root."""

    def __init__(self, repository: Repository) -> None:
        """Of what a repository has."""
        self._repository = repository

    def page(self, key: str) -> str:
        """The page of a file, by what it is called in every implementation."""
        if concern := self._repository.whole_concern(key):
            return f"concerns/{concern.slug}.html"
        return f"files/{slug(key)}.html"

    def anchor(self, implementation: str, key: str) -> str:
        """What the ids of a file's lines begin with; the line's number follows."""
        return self.prefix(key) + ascii_lowercase[self.column(implementation)]

    def prefix(self, key: str) -> str:
        """What tells a file from the others of its page, if there are any."""
        concern = self._repository.whole_concern(key)
        return f"{slug(key)}-" if concern and len(concern.patterns) > 1 else ""

    def column(self, implementation: str) -> int:
        """An implementation's place among its siblings, from 0."""
        return self._repository.implementations.index(implementation)

    def line(self, file: str, number: int) -> str:
        """A line of a file, by its path in the repository."""
        return f"{self.file(file)}{number}"

    def file(self, file: str) -> str:
        """The beginning of a file, by its path in the repository."""
        source = self._repository.source_by_file[file]
        return f"{self.page(source.key)}#{self.anchor(source.implementation, source.key)}"

    def definition(self, definition: Definition) -> str:
        """The first line of a definition."""
        return self.line(definition.file, definition.first)


def operation(operation_id: str) -> str:
    """The page of an operation."""
    return f"operations/{operation_id}.html"


def document(file: str) -> str:
    """The page of a Markdown file, by its path in the repository."""
    return f"documents/{slug(file.removesuffix('.md'))}.html"


def test_part(part: str) -> str:
    """The page of a part of the suite: a file or a folder beside the others."""
    return f"results/{slug(part)}.html"


def test_file(file: str) -> str:
    """Where the cases of a file of the suite are."""
    return f"{test_part(part_of(file))}#{slug(file)}"


def part_of(file: str) -> str:
    """`rules`, of `test_rules/test_cart.py`."""
    return file.partition("/")[0].removesuffix(".py").removeprefix("test_")


def slug(text: str) -> str:
    """A name that a file and an anchor may have."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().removesuffix(".py")).strip("-")
