"""Render lines of code as an HTML list: a link can lead to a line, and long lines wrap indented."""

import re
from collections.abc import Container

from markupsafe import Markup

from workbench.reader.highlighting import INDENT, LONG, hanging
from workbench.reader.modules import Definition
from workbench.reader.sources import Source

DEEPEST = 6
"""The deepest indentation that the style sheet has a class for, in steps."""
UNBROKEN = re.compile(r"\S{28,}")
"""A long word, which would leave half of a line empty if it moved to the next one."""
INSIDE = re.compile(r"[(\[=](?=[\w\"'(\[])")
"""The places where a long word may wrap. The highlighter's elements have no attributes."""


def whole(source: Source, anchor: str, starts: Container[int]) -> Markup:
    """Render a file. Its list has the id `anchor`; lines with a definition have an id each.

    The script finds other lines by number: ids for all lines would be a tenth of the site.
    """
    items = [
        _item(line, html, f" id={anchor}{number}" if number in starts else "")
        for number, (line, html) in enumerate(zip(source.lines, source.html, strict=False), 1)
    ]
    return Markup(f"<ol id={anchor}>{''.join(items)}</ol>")


def excerpt(definition: Definition, source: Source) -> Markup:
    """Render a definition without its indentation."""
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
        html = html.replace("->", "<span>-></span>")  # keep the two characters of an arrow together
        html = UNBROKEN.sub(lambda found: INSIDE.sub(r"\g<0><wbr>", found[0]), html)
    return f"<li{attributes}{f' class=h{depth}' if depth > 1 else ''}>{html}"
