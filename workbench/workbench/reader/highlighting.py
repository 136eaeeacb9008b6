"""Source code as HTML, a line at a time, in as few bytes as five kinds of words need."""

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
"""Words that are found without a colour."""
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
"""Elements without a meaning of their own, instead of Pygments' classes: a fifth of the size."""

INDENT = 4
"""Blanks, for which a line has one tab."""
LONG = 48
"""From so many characters on a line may wrap, and the rest of it hangs below its beginning."""


def highlighted(text: str, filename: str) -> list[str]:
    """The lines of a file as HTML, without line ends; spans do not go past their line."""
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
    """How many steps a long line is indented; 0 for one that will hardly wrap."""
    return (len(line) - len(line.lstrip(" "))) // INDENT if len(line) > LONG else 0


def _marked(piece: str, tag: str) -> str:
    """Blanks at the beginning stay outside, so that a margin can be cut off."""
    shown = piece.lstrip().replace("&", "&amp;").replace("<", "&lt;")
    margin = piece[: len(piece) - len(piece.lstrip())]
    return f"{margin}<{tag}>{shown}</{tag}>" if tag and shown else margin + shown


def _indented(line: str) -> str:
    """With a tab for each step; four blanks would be a twentieth of the site."""
    text = line.lstrip(" ")
    steps, rest = divmod(len(line) - len(text), INDENT)
    return "\t" * steps + " " * rest + text


def _words(text: str, filename: str) -> list[tuple[str, str]]:
    """Pieces of the text, and the element for each."""
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
    """A kind of token is the path to it: `Name.Function` is below `Name`."""
    return token[: len(kind)] == kind


@cache
def _lexer(kind: str) -> Lexer:
    lexer: Lexer = TextLexer(stripnl=False)
    with suppress(ClassNotFound):
        lexer = get_lexer_for_filename(kind, stripnl=False)
    return lexer
