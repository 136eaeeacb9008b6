"""Render the pages and their compressed sections."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from workbench.reader import code_list, exchanges, operation_page, packing, places, sizes
from workbench.reader.concerns import Concern, covering
from workbench.reader.documents import Documents
from workbench.reader.exchanges import Exchange
from workbench.reader.repository import Repository
from workbench.reader.results import Case
from workbench.reader.sources import Source

Page = tuple[str, str]


def render(repository: Repository) -> Iterator[Page]:
    """Yield the address and the text of each page and of each script with a section."""
    writer = Writer(repository)
    by_tag, others = writer.operations_by_tag(), writer.other_files()
    texts = Documents(repository)
    yield writer.page(
        "index.html", "index.html", by_tag=by_tag, others=others, documents=texts.titles
    )
    for file, title in texts.titles.items():
        yield writer.page(
            places.document(file), "document.html", file=file, title=title, html=texts.html(file)
        )
    yield writer.page("problems.html", "problems.html", users=writer.users_of_problems())
    yield writer.page("sizes.html", "sizes.html", **writer.sizes())
    for operation in repository.contract.operations:
        context = operation_page.context(repository, operation)
        yield writer.page(places.operation(operation.id), "operation.html", **context)
        yield packing.packed(f"named-{operation.id}", writer.section("named.html", **context))
        if trace := context["trace"]:
            yield packing.packed(f"trace-{operation.id}", trace)
    for concern in repository.concerns:
        address = f"concerns/{concern.slug}.html"
        yield writer.page(address, "concern.html", concern=concern, files=writer.files(concern))
    for key in repository.sources_by_key:
        if not repository.whole_concern(key):
            yield writer.page(
                f"files/{places.slug(key)}.html", "file.html", files=[writer.file(key)]
            )
    yield writer.page("results.html", "results.html", by_tag=by_tag)
    for part, by_file in writer.cases_by_part().items():
        yield writer.page(places.test_part(part), "cases.html", part=part, by_file=by_file)
        for file, tests in by_file.items():
            yield packing.packed(
                places.slug(file), writer.section("case_list.html", tests=with_exchanges(tests))
            )


class Writer:
    """Renders the templates with the data of a repository."""

    def __init__(self, repository: Repository) -> None:
        """Create the template environment."""
        self._repository = repository
        self._places = places.Places(repository)
        self._jinja = Environment(
            loader=PackageLoader("workbench.reader"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._jinja.filters |= {
            "markdown": markdown,
            "inline": inline,
            "pretty": pretty,
            "text": text,
        }
        self._jinja.globals |= {
            "repository": repository,
            "titles": repository.titles,
            "results": repository.results,
            "operation_page": places.operation,
            "document_page": places.document,
            "test_file_page": places.test_file,
            "anchor": places.slug,
        }

    def page(self, address: str, template: str, **context: object) -> Page:
        """Render a page. Its links are relative to its address."""
        up = "../" * address.count("/")
        return address, self._jinja.get_template(template).render(up=up, here=address, **context)

    def section(self, template: str, **context: object) -> str:
        """Render a section of a page that is one folder below the site's root."""
        return self._jinja.get_template(template).render(up="../", **context)

    def operations_by_tag(self) -> dict[str, list[Any]]:
        """Return the operations of each tag, in the order of the contract."""
        contract = self._repository.contract
        return {
            tag: [each for each in contract.operations if each.tag == tag] for tag in contract.tags
        }

    def cases_by_part(self) -> dict[str, dict[str, Any]]:
        """Return the test cases by part of the suite, file and test."""
        found: dict[str, dict[str, Any]] = {}
        for file, tests in self._repository.results.by_file.items():
            found.setdefault(places.part_of(file), {})[file] = tests
        return found

    def users_of_problems(self) -> dict[str, list[str]]:
        """Return the operations that can respond with each problem."""
        contract = self._repository.contract
        return {
            slug: [each.id for each in contract.operations if slug in each.problems]
            for slug in contract.problem_titles
        }

    def files(self, concern: Concern) -> list[dict[str, Any]]:
        """Return a concern's files, with their code if the concern names single files."""
        keys = [key for key in self._repository.sources_by_key if concern.covers(key)]
        if concern.is_whole:
            keys.sort(key=concern.patterns.index)
        if not concern.is_whole:
            return [self.file(key, with_code=False) for key in keys]
        return [self.file(key) for key in keys if self._repository.whole_concern(key) == concern]

    def other_files(self) -> list[tuple[str, str]]:
        """Return the files without a concern, and the addresses of their pages."""
        concerns = self._repository.concerns
        return [
            (key, self._places.page(key))
            for key in self._repository.sources_by_key
            if not covering(concerns, key)
        ]

    def file(self, key: str, *, with_code: bool = True) -> dict[str, Any]:
        """Return the data of a file that the implementations share."""
        found = self._repository.sources_by_key[key]
        return {
            "key": key,
            "page": self._places.page(key),
            "sources": found,
            "code": {name: self._code(source) for name, source in found.items()}
            if with_code
            else {},
            "concern": covering(self._repository.concerns, key),
        }

    def _code(self, source: Source) -> Markup:
        anchor = self._places.anchor(source.implementation, source.key)
        return code_list.whole(source, anchor, self._repository.starts.get(source.file, ()))

    def sizes(self) -> dict[str, Any]:
        """Return the variables of the page of sizes."""
        repository = self._repository
        lines = sizes.lines_by_concern(repository.sources, repository.concerns)
        return {
            "lines": lines,
            "largest": max((max(counts.values()) for counts in lines.values()), default=0),
            "total": sum(lines.values(), Counter()),
            "dependencies": {
                name: sizes.dependencies(repository.root, name)
                for name in repository.implementations
            },
            "images": sizes.images(repository.root),
            "images_command": sizes.IMAGES_COMMAND,
            "concerns": {concern.name: concern for concern in repository.concerns},
        }


def with_exchanges(tests: dict[str, list[Case]]) -> dict[str, list[tuple[Case, list[Exchange]]]]:
    """Return the cases of each test with their requests and responses."""
    return {test: [(case, exchanges.of(case)) for case in cases] for test, cases in tests.items()}


_markdown = MarkdownIt("commonmark", {"html": False})


@cache
def markdown(text: str) -> Markup:
    """Render Markdown. HTML in the text is escaped."""
    return Markup(_markdown.render(text))


@cache
def inline(text: str) -> Markup:
    return Markup(_markdown.renderInline(text))


def pretty(value: object) -> Markup:
    """Format a value as JSON; a string stays as it is."""
    return text(
        value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    )


def text(value: str) -> Markup:
    """Escape text between elements, where quotes need no escape."""
    return Markup(escape(value, quote=False))
