"""Highlight source code as HTML, line by line, with few bytes."""

from contextlib import suppress
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import PurePath

from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, String, _TokenType
from pygments.util import ClassNotFound

PLAIN = (Keyword.Constant, Keyword.Namespace, Name.Namespace)
"""Kinds of tokens that get no colour."""
TAGS = (
    (String.Doc, "i"),
    (Comment, "i"),
    (String, "u"),
    (Keyword, "b"),
    (Name.Function, "em"),
    (Name.Class, "em"),
    (Name.Tag, "em"),
    (Name.Decorator, "var"),
)
"""Short elements for the kinds of tokens. Pygments' classes would need five times the size."""

INDENT = 4
"""The number of spaces that one tab replaces."""
LONG = 48
"""A line with more characters may wrap; its next rows are indented like its first."""


def highlighted(text: str, filename: str) -> list[str]:
    """Return the lines of a file as HTML without line ends. No element spans two lines."""
    lines: list[str] = []
    current: list[str] = []
    for tag, value in _words(text, filename):
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append(_indented("".join(current)))
                current = []
            current.append(_marked(piece, tag))
    return [*lines, _indented("".join(current))] if current else lines


def hanging(line: str) -> int:
    """Return the indentation of a long line in steps, and 0 for a short line."""
    return (len(line) - len(line.lstrip(" "))) // INDENT if len(line) > LONG else 0


def _marked(piece: str, tag: str) -> str:
    """Wrap text in an element. Leading spaces stay outside, so that `excerpt` can cut them off."""
    shown = piece.lstrip().replace("&", "&amp;").replace("<", "&lt;")
    margin = piece[: len(piece) - len(piece.lstrip())]
    return f"{margin}<{tag}>{shown}</{tag}>" if tag and shown else margin + shown


def _indented(line: str) -> str:
    """Replace the indentation by tabs: spaces would be a twentieth of the site."""
    text = line.lstrip(" ")
    steps, rest = divmod(len(line) - len(text), INDENT)
    return "\t" * steps + " " * rest + text


def _words(text: str, filename: str) -> list[tuple[str, str]]:
    """Split the text into pieces, each with its element."""
    path = PurePath(filename)
    tokens = _lexer(f"_{path.suffix}" if path.suffix else path.name).get_tokens(text)
    tagged = ((_tag(token), value) for token, value in tokens)
    return [
        (tag, "".join(value for _, value in group)) for tag, group in groupby(tagged, itemgetter(0))
    ]


@cache
def _tag(token: _TokenType) -> str:
    if any(_is(token, kind) for kind in PLAIN):
        return ""
    return next((tag for kind, tag in TAGS if _is(token, kind)), "")


def _is(token: _TokenType, kind: _TokenType) -> bool:
    """Return whether a token is of a kind: `Name.Function` is of the kind `Name`."""
    return token[: len(kind)] == kind


@cache
def _lexer(kind: str) -> Lexer:
    lexer: Lexer = TextLexer(stripnl=False)
    with suppress(ClassNotFound):
        lexer = get_lexer_for_filename(kind, stripnl=False)
    return lexer
