"""`make links`: the code that the documents link to by symbol, each with its current line.

A document links to code as `[app.py::create_app](../impl_flask/bookstore/app.py)`: the target is
the file, which any Git forge opens, and the text names the symbol. No document contains a line
number of code, so that editing the code never changes a document.
"""

import argparse
import ast
import posixpath
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from workbench import ROOT
from workbench.documents import DocumentError, links, markdown_files
from workbench.symbols import Statement, definitions, first_line

TEXT = re.compile(r"[\w/]*\w\.py::(?P<name>\w+(?:\.\w+)*)")
"""The text of a link to a symbol: the end of the file's path, and the symbol."""


@dataclass(frozen=True)
class SymbolLink:
    """A link from a document to a symbol; both paths are relative to the repository."""

    document: str
    text: str
    file: str
    name: str

    @property
    def symbol(self) -> str:
        """The symbol with the whole path of its file."""
        return f"{self.file}::{self.name}"

    def line(self, root: Path = ROOT) -> int:
        """Return the line on which the symbol's definition begins. Raises DocumentError."""
        place = f"{self.document}: [{self.text}]"
        if not f"/{self.symbol}".endswith(f"/{self.text}"):
            raise DocumentError(f"{place}: the link leads to {self.file}")
        try:
            return line_of(root / self.file, self.name)
        except DocumentError as error:
            raise DocumentError(f"{place}: {error}") from None


def main() -> int:
    """Print the links; return 1 if a link does not resolve, or if none is called as asked."""
    wanted = arguments().find
    chosen = [link for link in all_links(ROOT) if is_called(link.symbol, wanted)]
    places: dict[tuple[str, int, str], list[str]] = {}
    errors = []
    for link in chosen:
        try:
            places.setdefault((link.file, link.line(), link.name), []).append(link.document)
        except DocumentError as error:
            errors.append(str(error))
    width = max((len(f"{file}:{line}") for file, line, _ in places), default=0)
    for (file, line, name), documents in sorted(places.items()):
        print(f"{f'{file}:{line}':{width}}  {name}  ({', '.join(dict.fromkeys(documents))})")
    if not chosen:
        errors.append(f"No document links to a symbol called {wanted}.")
    for message in errors:
        print(message, file=sys.stderr)
    return 1 if errors else 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.symbol_links", description=__doc__)
    parser.add_argument("--find", default="", help="a symbol: print only the links to it")
    return parser.parse_args()


def is_called(symbol: str, wanted: str) -> bool:
    """Return whether `wanted` names a symbol: `create_app`, `app.py::create_app`, the whole path.

    Every symbol is called so if `wanted` is empty.
    """
    return not wanted or re.search(rf"(^|[/:.]){re.escape(wanted)}$", symbol) is not None


def all_links(root: Path) -> Iterator[SymbolLink]:
    """Yield the symbol links of every document of the repository."""
    for document in markdown_files(root):
        yield from links_of(document, root)


def links_of(document: Path, root: Path = ROOT) -> Iterator[SymbolLink]:
    """Yield the symbol links of one document."""
    name = document.relative_to(root).as_posix()
    for text, target in links(document):
        if symbol := named_symbol(text):
            file = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(target)))
            yield SymbolLink(name, text, file, symbol)


def named_symbol(text: str) -> str | None:
    """Return the symbol that the text of a link names, if it does."""
    found = TEXT.fullmatch(text)
    return found["name"] if found else None


def line_of(code: Path, name: str) -> int:
    """Return the line on which a Python file defines a symbol. Raises DocumentError."""
    try:
        return first_line(_definitions(code)[name])
    except OSError:
        raise DocumentError(f"there is no file {code.name}") from None
    except SyntaxError as error:
        raise DocumentError(f"{code.name}, line {error.lineno}: {error.msg}") from None
    except KeyError:
        raise DocumentError(f"{code.name} does not define {name}") from None


@cache
def _definitions(code: Path) -> dict[str, Statement]:
    return definitions(ast.parse(code.read_text()))


if __name__ == "__main__":
    sys.exit(main())
