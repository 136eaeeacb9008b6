"""Lines of code as a list, so that each can be pointed at and wraps below its own beginning."""

import re
from collections.abc import Container

from markupsafe import Markup

from workbench.reader.highlighting import INDENT, LONG, hanging
from workbench.reader.modules import Definition
from workbench.reader.sources import Source

DEEPEST = 6
"""Steps; the style knows no deeper ones."""
UNBROKEN = re.compile(r"\S{28,}")
"""What would leave half a line empty."""
INSIDE = re.compile(r"[(\[=](?=[\w\"'(\[])")
"""Where such a thing may be broken. The highlighter's elements have no attributes."""


def whole(source: Source, anchor: str, starts: Container[int]) -> Markup:
    """A file. The anchor is its id; lines on which something is defined have ids of their own.

    The script leads to every other line: as many ids as lines would be a tenth of the site.
    """
    items = [
        _item(line, html, f" id={anchor}{number}" if number in starts else "")
        for number, (line, html) in enumerate(zip(source.lines, source.html, strict=False), 1)
    ]
    return Markup(f"<ol id={anchor}>{''.join(items)}</ol>")


def excerpt(definition: Definition, source: Source) -> Markup:
    """A definition, moved to the left margin."""
    first, last = definition.first, definition.last
    lines = source.lines[first - 1 : last]
    margin = len(lines[0]) - len(lines[0].lstrip())
    items = [
        _item(line[margin:], html[margin // INDENT :] if line else "")
        for line, html in zip(lines, source.html[first - 1 : last], strict=True)
    ]
    content = "".join(items)
    return Markup(f"<ol start={first}>{content}</ol>")


def _item(line: str, html: str, attributes: str = "") -> str:
    depth = min(hanging(line), DEEPEST)
    if len(line) > LONG:
        html = html.replace("->", "<span>-></span>")  # an arrow is not to be torn apart
        html = UNBROKEN.sub(lambda found: INSIDE.sub(r"\g<0><wbr>", found[0]), html)
    return f"<li{attributes}{f' class=h{depth}' if depth > 1 else ''}>{html}"
