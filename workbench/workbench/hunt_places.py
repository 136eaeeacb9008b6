"""Where a bug is: the lines that its patch touches, as the broken shop has them."""

import ast
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from workbench import ROOT
from workbench.hunt_bugs import Bug
from workbench.hunt_copies import COPY
from workbench.processes import FailedError

HUNK = re.compile(r"@@ -[0-9]+(?:,[0-9]+)? \+(?P<first>[0-9]+)(?:,(?P<count>[0-9]+))? @@")
GUESS = re.compile(r"(?P<file>[^:]+):(?P<line>[1-9][0-9]*)")

Verdict = Literal["there", "function", "file", "elsewhere"]


class Place(NamedTuple):
    """A hunk of a patch, in the broken file."""

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


def places(bug: Bug, implementation: str) -> list[Place]:
    """Every place that the patch touches, in its order."""
    return list(_places(bug.patch(implementation).read_text().splitlines()))


def _places(patch: list[str]) -> Iterator[Place]:
    file = ""
    for number, text in enumerate(patch):
        if text.startswith("+++ b/"):
            file = text.removeprefix("+++ b/")
        elif hunk := HUNK.match(text):
            first, count = int(hunk["first"]), int(hunk["count"] or 1)
            before = 0
            for line in patch[number + 1 :]:
                if not line.startswith(" "):
                    break
                before += 1
            yield Place(file, first, first + count - 1, first + before)


@dataclass(frozen=True)
class Broken:
    """The files that a bug is in, as the broken shop has them."""

    places: list[Place]
    texts: dict[str, str]

    @classmethod
    def by(cls, bug: Bug, implementation: str) -> "Broken":
        """What the patch makes of them. Raises FailedError if it does not apply."""
        touched = places(bug, implementation)
        files = list(dict.fromkeys(place.file for place in touched))
        with tempfile.TemporaryDirectory(prefix="bookstore-guess-") as name:
            folder = Path(name).resolve() / COPY
            for file in files:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, folder / file)
            bug.apply(implementation, folder)
            return cls(touched, {file: (folder / file).read_text() for file in files})

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


def _text(file: str) -> str:
    path = (ROOT / file).resolve()
    if not path.is_file() or not path.is_relative_to(ROOT):
        raise FailedError(f"There is no {file}: name it as seen from the repository")
    return path.read_text(errors="replace")
