"""Render the lessons and other documents: a link to a symbol leads to its line on the site."""

import posixpath
import re
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from workbench.documents import links_among, parser
from workbench.reader import places
from workbench.reader.modules import Definition
from workbench.reader.repository import Repository
from workbench.symbol_links import named_symbol

SHOWN = ("docs/*.md", "impl_*/README.md", "spec/*.md")
"""Patterns of the documents that have a page."""


class Documents:
    """The documents that the site shows, by their paths in the repository."""

    def __init__(self, repository: Repository) -> None:
        """Read the documents of a repository."""
        self._repository = repository
        self._places = places.Places(repository)
        self._markdown = markdown()
        self._texts = {
            path.relative_to(repository.root).as_posix(): path.read_text()
            for pattern in SHOWN
            for path in sorted(repository.root.glob(pattern), key=_readme_first)
        }
        self.titles = {file: _title(file, text) for file, text in self._texts.items()}
        """The first heading of each document."""

    def html(self, file: str) -> Markup:
        """Render a document for its page."""
        tokens = self._markdown.parse(self._texts[file])
        for position, token in enumerate(tokens):
            if token.type == "th_open" and not tokens[position + 1].content:
                token.tag = tokens[position + 2].tag = "td"
            for opening, closing, text in links_among(token.children or []):
                self._lead(file, opening, closing, text)
        html = self._markdown.renderer.render(tokens, self._markdown.options, {})
        return Markup(html)  # the renderer escapes the text

    def address(self, file: str, text: str, target: str) -> str | None:
        """Return the address that a link of a document leads to, relative to the site's root.

        It is None if the site does not have the target. An unknown symbol leads to its file.
        """
        goal, fragment = _goal(file, target)
        if goal in self._texts:
            return places.document(goal) + fragment
        if goal not in self._repository.source_by_file:
            return None
        definition = self._definitions.get((goal, named_symbol(text) or ""))
        return self._places.definition(definition) if definition else self._places.file(goal)

    def _lead(self, file: str, opening: Token, closing: Token, text: str) -> None:
        """Change a link so that it leads to a page of the site. Links to other sites stay.

        If the site does not have the target, the link becomes text with the target as its title.
        """
        target = str(opening.attrGet("href"))
        if urlsplit(target).scheme or target.startswith("#"):
            return
        if address := self.address(file, text, target):
            opening.attrs = {"href": f"../{address}"}
        else:
            opening.tag = closing.tag = "span"
            opening.attrs = {"title": _goal(file, target)[0]}

    @cached_property
    def _definitions(self) -> dict[tuple[str, str], Definition]:
        return {
            (module.file, name): definition
            for code in self._repository.codes.values()
            for module in code.modules.values()
            for name, definition in module.definitions.items()
        }


def markdown() -> MarkdownIt:
    """Return a Markdown renderer that omits comments and makes wide blocks scroll by keyboard."""
    rendering = parser()
    rendering.add_render_rule("html_block", _nothing)
    rendering.add_render_rule("html_inline", _nothing)
    rendering.add_render_rule("fence", _fence)
    rendering.add_render_rule("table_open", _table_open)
    rendering.add_render_rule("table_close", _table_close)
    return rendering


def _nothing(*_: Any) -> str:  # the renderer's arguments
    return ""


def _fence(_: Any, tokens: list[Token], position: int, *__: Any) -> str:  # as above
    return f'<pre tabindex="0">{escape(tokens[position].content, quote=False)}</pre>\n'


def _table_open(*_: Any) -> str:  # as above
    return '<div class="scroll" tabindex="0"><table>\n'


def _table_close(*_: Any) -> str:  # as above
    return "</table></div>\n"


def _readme_first(path: Path) -> tuple[str, bool, str]:
    return path.parent.name, path.name != "README.md", path.name


def _title(file: str, text: str) -> str:
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return heading[1].replace("`", "") if heading else file


def _goal(file: str, target: str) -> tuple[str, str]:
    """Return the path that a link leads to, in the repository, and the fragment with its `#`."""
    parts = urlsplit(target)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(parts.path)))
    return path, f"#{parts.fragment}" if parts.fragment else ""
