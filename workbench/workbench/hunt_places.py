"""Where a bug is: the lines that it changes, as the broken shop has them."""

import ast
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Literal, NamedTuple

from workbench import ROOT
from workbench.hunt_bugs import Bug
from workbench.hunt_copies import COPY
from workbench.processes import FailedError

PATCHED = re.compile(r"^\+\+\+ b/(.+)$", re.MULTILINE)
CONTEXT = 2
"""The lines around a change that still count as its place: those that the patches show."""
GUESS = re.compile(r"(?P<file>[^:]+):(?P<line>[1-9][0-9]*)")

Verdict = Literal["there", "function", "file", "elsewhere"]


class Place(NamedTuple):
    """A change and the lines around it, in the broken file."""

    file: str
    """As seen from the repository."""
    first: int
    last: int
    line: int
    """The first one that is new, or follows what is gone."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Guess(NamedTuple):
    """What somebody takes for the line."""

    file: str
    line: int

    @classmethod
    def read(cls, text: str) -> "Guess":
        """From `impl_flask/bookstore/orders/services.py:123`. Raises FailedError if it is none."""
        found = GUESS.fullmatch(text)
        if not found:
            raise FailedError(
                f"A guess is FILE:LINE, as in impl_flask/bookstore/auth.py:12: {text}"
            )
        # A traceback in the broken shop's log names the copy's file.
        file = found["file"].rpartition(f"/{COPY}/")[2]
        return cls(file.removeprefix("./"), int(found["line"]))


@dataclass(frozen=True)
class Broken:
    """The files that a bug is in, as the broken shop has them."""

    places: list[Place]
    texts: dict[str, str]

    @classmethod
    def by(cls, bug: Bug, implementation: str) -> "Broken":
        """What the patch makes of them. Raises FailedError if it does not apply."""
        files = PATCHED.findall(bug.patch(implementation).read_text())
        with tempfile.TemporaryDirectory(prefix="bookstore-guess-") as name:
            folder = Path(name).resolve() / COPY
            for file in files:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, folder / file)
            bug.apply(implementation, folder)
            texts = {file: (folder / file).read_text() for file in files}
        return cls([place for file in files for place in _places(file, texts[file])], texts)

    def verdict(self, guess: Guess) -> Verdict:
        """How near a guess comes. Raises FailedError if there is no such line."""
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
        """The name of the innermost function, or else class, that a line of a broken file is in."""
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
    """From the files: a patch's own numbers are those of the day on which it was made."""
    sound = (ROOT / file).read_text().splitlines()
    changes = SequenceMatcher(None, sound, broken.splitlines(), autojunk=False)
    for hunk in changes.get_grouped_opcodes(CONTEXT):
        line = next(first for tag, _, _, first, _ in hunk if tag != "equal")
        yield Place(file, hunk[0][3] + 1, hunk[-1][4], line + 1)


def _text(file: str) -> str:
    path = (ROOT / file).resolve()
    if not path.is_file() or not path.is_relative_to(ROOT):
        raise FailedError(f"There is no {file}: name it as seen from the repository")
    return path.read_text(errors="replace")
