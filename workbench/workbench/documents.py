"""Read the blocks, links and headings of the repository's documents.

Every fenced block of a document that is tested has a comment before it that says what it is
(docs/README.md, How these pages are tested).
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from workbench import ROOT

MARKER = re.compile(r"<!-- (?P<kind>run|not run|output|excerpt)(: (?P<rest>.+?))? -->\s*")
NUMBERS_VARY = "numbers vary"

NOT_WRITTEN = {"generated", "node_modules", "site", "var"}
"""Folders that `make` creates, besides the hidden ones."""


class DocumentError(Exception):
    """A document breaks a rule. The message names the place."""


@dataclass(frozen=True)
class Block:
    """A fenced block, its kind according to the comment before it, and its expected outputs."""

    file: Path
    line: int
    """The line of the opening fence, counted from 1."""
    text: str
    kind: str
    """`run`, `not run`, `output` or `excerpt`."""
    rest: str
    """The rest of the comment: options, a reason, or the file of an excerpt."""
    outputs: list["Block"] = field(default_factory=list)

    @property
    def place(self) -> str:
        """The path and the line, for messages."""
        return f"{self.file.relative_to(ROOT)}:{self.line}"

    @property
    def options(self) -> list[str]:
        """The options of a block that is run: the shops that it needs, and other requirements."""
        return self.rest.split()

    def is_matched_by(self, printed: str) -> bool:
        """Return whether a printed output matches this block.

        `…` matches any text within a line; alone on a line, it matches any lines.
        """
        expected, printed = trimmed(self.text), trimmed(printed)
        if self.rest == NUMBERS_VARY:
            expected, printed = without_numbers(expected), without_numbers(printed)
        lines = [
            "(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + "\n"
            for line in expected.splitlines()
        ]
        return re.fullmatch("".join(lines), printed) is not None


def parser() -> MarkdownIt:
    """Return a Markdown parser like that of GitHub: with tables and anchors of headings."""
    return MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6)


def markdown_files(root: Path) -> list[Path]:
    """Return every Markdown file of a repository, without generated and installed files."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [
            each for each in subfolders if each not in NOT_WRITTEN and not each.startswith(".")
        ]
        found += [Path(folder) / name for name in names if name.endswith(".md")]
    return sorted(found)


def blocks(file: Path) -> list[Block]:
    """Return the fenced blocks of a document. Raises DocumentError for one without a comment."""
    found: list[Block] = []
    comment = ""
    for token in parser().parse(file.read_text()):
        if token.type in {"fence", "code_block"}:
            place = _block(file, token, comment)
            if place.kind == "output":
                if not found or found[-1].kind != "run":
                    raise DocumentError(
                        f"{place.place}: an output must follow the block that prints it"
                    )
                found[-1].outputs.append(place)
            else:
                found.append(place)
        comment = token.content if token.type == "html_block" else ""
    return found


def links(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the text and the target of each link of a document."""
    for token in parser().parse(file.read_text()):
        for opening, _, text in links_among(token.children or []):
            yield text, str(opening.attrGet("href"))


def links_among(tokens: list[Token]) -> Iterator[tuple[Token, Token, str]]:
    """Yield the opening token, the closing token and the text of each link in a paragraph."""
    for position, token in enumerate(tokens):
        if token.type == "link_open":
            rest = tokens[position + 1 :]
            end = next(i for i, other in enumerate(rest) if other.type == "link_close")
            yield token, rest[end], "".join(other.content for other in rest[:end])


def anchors(file: Path) -> set[str]:
    """Return the anchors of a document's headings."""
    return {
        str(token.attrGet("id"))
        for token in parser().parse(file.read_text())
        if token.type == "heading_open"
    }


def trimmed(text: str) -> str:
    """Remove spaces at the ends of lines, and empty lines at the start and the end."""
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()).rstrip() + "\n"


def without_numbers(text: str) -> str:
    """Replace each number by 0, and several spaces by one: numbers differ between measurements."""
    return re.sub(r"[ \t]+", " ", re.sub(r"-?\d[\d.,]*", "0", text)).replace(" \n", "\n")


def _block(file: Path, token: Token, comment: str) -> Block:
    line = (token.map or [0])[0] + 1
    found = MARKER.fullmatch(comment)
    if token.type == "code_block" or not found:
        raise DocumentError(
            f"{file.relative_to(ROOT)}:{line}: this block needs a comment before it that says "
            "how it is tested (docs/README.md, How these pages are tested)"
        )
    return Block(file, line, token.content, found["kind"], found["rest"] or "")
