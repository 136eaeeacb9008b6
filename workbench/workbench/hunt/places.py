"""Where a bug is: the lines that its edits change, as the broken shop has them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple, Self

from workbench import ROOT
from workbench.hunt.catalogue import Bug
from workbench.hunt.copies import COPY
from workbench.processes import FailedError

CONTEXT = 2
"""How many lines before and after a change still count as its place."""
GUESS = re.compile(r"(?P<file>[^:]+):(?P<line>[1-9][0-9]*)")

Verdict = Literal["there", "function", "file", "elsewhere"]


class Place(NamedTuple):
    """A change and the lines around it, in the broken file."""

    file: str
    """Its path from the repository's root."""
    first: int
    last: int
    line: int
    """The first new line, or the line that follows a deletion."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Guess(NamedTuple):
    """The line that a learner names."""

    file: str
    line: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse `impl_flask/bookstore/orders/services.py:123`. Raises FailedError."""
        found = GUESS.fullmatch(text)
        if not found:
            raise FailedError(
                f"A guess is FILE:LINE, as in impl_flask/bookstore/auth.py:12, and not {text}"
            )
        # A traceback in the broken shop's log names the copy's file.
        file = found["file"].rpartition(f"/{COPY}/")[2]
        return cls(file.removeprefix("./"), int(found["line"]))


@dataclass(frozen=True)
class Broken:
    """The files that a bug changes, as the broken shop has them."""

    places: list[Place]
    texts: dict[str, str]

    @classmethod
    def by(cls, bug: Bug, implementation: str) -> Self:
        """Apply the bug's edits in memory. Raises FailedError if they do not apply."""
        texts = bug.edits(implementation).broken(ROOT)
        return cls([place for file in texts for place in _places(file, texts[file])], texts)

    def verdict(self, guess: Guess) -> Verdict:
        """Return how near a guess is. Raises FailedError if the line does not exist."""
        text = self.texts.get(guess.file) or _text(guess.file)
        if guess.line > len(text.splitlines()):
            raise FailedError(f"{guess.file} has no line {guess.line}")
        here = [place for place in self.places if place.file == guess.file]
        if any(place.first <= guess.line <= place.last for place in here):
            return "there"
        function = self.function(guess.file, guess.line)
        if function and function in {self.function(place.file, place.line) for place in here}:
            return "function"
        return "file" if here else "elsewhere"

    def function(self, file: str, line: int) -> str | None:
        """Return the name of the innermost function or class around a line of a broken file."""
        if file not in self.texts:
            return None
        around = [
            node
            for node in ast.walk(ast.parse(self.texts[file]))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.lineno <= line <= (node.end_lineno or 0)
        ]
        return max(around, key=lambda node: node.lineno).name if around else None


def _places(file: str, broken: str) -> Iterator[Place]:
    sound = (ROOT / file).read_text().splitlines()
    changes = SequenceMatcher(None, sound, broken.splitlines(), autojunk=False)
    for hunk in changes.get_grouped_opcodes(CONTEXT):
        line = next(first for tag, _, _, first, _ in hunk if tag != "equal")
        yield Place(file, hunk[0][3] + 1, hunk[-1][4], line + 1)


def _text(file: str) -> str:
    path = (ROOT / file).resolve()
    if not path.is_file() or not path.is_relative_to(ROOT):
        raise FailedError(f"There is no {file}: a path begins at the repository's root")
    return path.read_text(errors="replace")
