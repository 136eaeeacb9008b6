"""The pages are consistent and small, and show the code, the documents and the results."""

import gzip
import re
from base64 import b64decode
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest
from reader_checkout import FAILURE, make
from trace_samples import recorded

from workbench.reader import exchanges, operation_page, packing, places, sizes
from workbench.reader.documents import Documents
from workbench.reader.pages import Writer
from workbench.reader.places import Places
from workbench.reader.repository import Repository
from workbench.reader.results import Case
from workbench.symbol_links import links_of
from workbench.trace import page as trace_page

LARGEST_BYTES = 5_000_000
COLUMN = "data-impl={}"


class Outline(HTMLParser):
    """The links, headings and ids of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Store the attributes of an element."""
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [each for name in ("href", "src") if (each := values.get(name))]
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.handlers += [name for name in values if name.startswith("on") or name == "style"]


@pytest.fixture(scope="module")
def outlines(pages: Path) -> dict[Path, Outline]:
    return {path: Outline(path.read_text()) for path in pages.rglob("*.html")}


def test_every_link_resolves_within_the_site(pages: Path, outlines: dict[Path, Outline]) -> None:
    sections = (pages / "assets" / "packed").glob("named-*.js")
    packed = {
        pages / "operations" / section.name: Outline(unpacked(pages, section.stem))
        for section in sections
    }
    assert any(outline.links for outline in packed.values())
    for path, outline in {**outlines, **packed}.items():
        for link in outline.links:
            parts = urlsplit(link)
            if parts.scheme == "data" or leaves_the_site(parts.scheme, path):
                continue
            assert not parts.netloc, f"{path}: {link}"
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_relative_to(pages), f"{path}: {link}"
            assert target.is_file(), f"{path}: {link}"
            if parts.fragment:
                assert parts.fragment in outlines[target].ids, f"{path}: {link}"


def leaves_the_site(scheme: str, page: Path) -> bool:
    """Return whether a link of a document leads to another site or to a local shop."""
    return scheme in {"http", "https"} and page.parent.name == "documents"


def test_a_symbol_in_a_document_leads_to_the_line_of_its_definition(
    repository: Repository, pages: Path, outlines: dict[Path, Outline]
) -> None:
    place = Places(repository)
    found = [
        link
        for file in Documents(repository).titles
        for link in links_of(repository.root / file, repository.root)
    ]
    assert found
    for link in found:
        links = outlines[pages / places.document(link.document)].links
        assert f"../{place.line(link.file, link.line())}" in links, link


def test_a_document_is_shown_without_its_comments(pages: Path) -> None:
    text = (pages / "documents" / "docs-01-flask.html").read_text()
    assert "&lt;!-- run" not in text
    assert "<!-- run" not in text
    assert '<pre tabindex="0">make compare OP=listBooks\n</pre>' in text
    assert (
        '<span title="compose.yaml">'
        in (pages / "documents" / "docs-09-deployment.html").read_text()
    )


def test_a_symbol_that_is_not_defined_leads_to_its_file(repository: Repository) -> None:
    target = "../impl_fastapi/bookstore/orders/services.py"
    address = Documents(repository).address("docs/page.md", "services.py::no_such_name", target)
    assert address == "files/orders-services.html#b"


def test_headings_do_not_skip_levels_and_ids_are_unique(
    outlines: dict[Path, Outline],
) -> None:
    for path, outline in outlines.items():
        assert outline.headings.count(1) == 1, path
        assert outline.headings[0] == 1, path
        steps = zip(outline.headings, outline.headings[1:], strict=False)
        assert all(later <= earlier + 1 for earlier, later in steps), path
        assert len(set(outline.ids)) == len(outline.ids), path
        assert not outline.handlers, path


def test_the_site_is_small(pages: Path) -> None:
    assert sum(path.stat().st_size for path in pages.rglob("*") if path.is_file()) < LARGEST_BYTES


def test_every_operation_concern_and_file_has_its_page(repository: Repository, pages: Path) -> None:
    for operation in repository.contract.operations:
        text = (pages / "operations" / f"{operation.id}.html").read_text()
        for name in repository.implementations:
            assert text.count(COLUMN.format(name)) > 1
        is_recorded = operation.id == "createAuthor"
        assert (f"make trace OP={operation.id}" in text) is not is_recorded
    for concern in repository.concerns:
        text = (pages / "concerns" / f"{concern.slug}.html").read_text()
        assert any(concern.covers(key) for key in repository.sources_by_key), concern.name
        assert f"<h1>{escape(concern.title).replace('&#x27;', '&#39;')}</h1>" in text


def test_a_file_is_shown_with_its_exact_lines(repository: Repository, pages: Path) -> None:
    source = repository.source_by_file["impl_django/bookstore/orders/services.py"]
    text = (pages / "files" / "orders-services.html").read_text()
    column = text.split("<ol id=c>")[1].split("</ol>")[0]
    shown = re.sub(r"<(?!li)[^>]*>", "", column).replace("\t", "    ")
    lines = re.split(r"<li[^>]*>", shown)[1:]
    assert [re.sub("&lt;", "<", line).replace("&amp;", "&") for line in lines] == source.lines


def test_results_show_observed_and_missing_responses(pages: Path) -> None:
    matrix = (pages / "results.html").read_text()
    assert "holds the contract" in matrix
    assert "breaks the contract" in matrix
    assert "make test IMPL=fastapi" in matrix
    assert '<i class="excused flask"></i><i class="norun fastapi"></i>' in matrix
    assert '<i class="missing flask"></i>' in matrix
    operation = (pages / "operations" / "placeOrder.html").read_text()
    assert "django responded with 500, which the contract does not document" in operation
    assert "test_rules/test_orders.py <small>Flask 1 passed <small>0.25 s</small>" in operation
    assert "Django 1 failed" in operation


def unpacked(pages: Path, name: str) -> str:
    """Return the HTML of a compressed section."""
    text = (pages / "assets" / "packed" / f"{name}.js").read_text()
    begin, content = text.rstrip().removesuffix('"').split('"]="')
    assert begin == f'packed["{name}'
    return gzip.decompress(b64decode(content)).decode()


def test_each_case_is_shown_with_its_request_and_its_responses(pages: Path) -> None:
    for page in ("results/rules.html", "operations/placeOrder.html"):
        assert 'data-packed="test-rules-test-orders"' in (pages / page).read_text()
    shown = unpacked(pages, "test-rules-test-orders")
    assert "placeOrder <small>Flask 0.25 s, Django failed</small>" in shown
    assert shown.count("POST /orders\ncontent-type: application/json") == 2
    assert "<p>Django</p>" in shown
    assert "&lt;paid&gt;" in shown


def test_responses_that_differ_only_in_varying_values_are_merged() -> None:
    request = "POST /orders\nAuthorization: Bearer eyJh….eyJp….KY2Q…\n\n{}"
    answers = [
        '201\nETag: "v1"\nLocation: /{id}\n\n{{"id": "{id}", "at": "2026-11-28T01:39:31.467903Z"}}',
        '201\nlocation: /{id}\netag: "v1"\n\n{{"at":"2027-01-01T00:00:00.000000Z","id":"{id}"}}',
        '200\nlocation: /{id}\netag: "v1"\n\n{{"at":"2027-01-01T00:00:00.000000Z","id":"{id}"}}',
    ]
    outcomes = {
        name: {"exchange": [request, answer.format(id=uuid4())]}
        for name, answer in zip(("flask", "fastapi", "django"), answers, strict=True)
    }
    found = exchanges.of(Case("one", outcomes))
    assert [each.names for each in found] == [["flask", "fastapi"], ["django"]]
    assert found[0].answer.startswith('201\netag: "v1"\nlocation: /')
    assert '\n{\n  "at": ' in found[0].answer


def test_a_raw_request_is_shown_with_its_line_ends() -> None:
    kept = ["GET / HTTP/1.1\r\nB: 1\rx\r\na: 2\n\r\n", "(closed without an answer)"]
    [shown] = exchanges.of(Case("one", {"flask": {"exchange": kept}}))
    assert shown.request == "GET / HTTP/1.1\\r\\n\nB: 1\\rx\\r\\n\na: 2\n\\r\\n\n"
    assert shown.answer == kept[1]


def test_a_body_that_cannot_be_parsed_is_shown_unchanged() -> None:
    bomb = "[" * 100_000
    kept = [f"POST /carts\n\n{bomb}", '400\n\n{"detail": "\\ud800"}']
    [shown] = exchanges.of(Case("one", {"flask": {"exchange": kept}}))
    assert shown.request == kept[0]
    assert packing.packed("one", shown.answer)


def test_a_failure_is_shown_with_the_command_that_reproduces_it(pages: Path) -> None:
    text = (pages / "results" / "rules.html").read_text()
    shown = text.replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<")
    shown = shown.replace("&gt;", ">").replace("&amp;", "&")
    assert FAILURE in shown
    assert "<token>" not in text
    assert "pytest contract_tests --seed 1" in text


def test_without_results_the_pages_name_the_command_that_creates_them(tmp_path: Path) -> None:
    repository = Repository(make(tmp_path))
    for file in (tmp_path / "contract_tests" / "results").glob("*.json"):
        file.unlink()
    writer = Writer(repository)
    _, matrix = writer.page("results.html", "results.html", by_tag=writer.operations_by_tag())
    assert "There are no results of the contract suite" in matrix
    assert "<code>make test</code>" in matrix
    operation = repository.contract.operations[0]
    context = operation_page.context(repository, operation)
    _, page = writer.page("operations/one.html", "operation.html", **context)
    assert "<code>make test</code>" in page


def test_a_fourth_implementation_in_another_language_is_named(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "impl_fourth").mkdir()
    (root / "impl_fourth" / "main.go").write_text("package main\n\nfunc main() {}\n")
    repository = Repository(root)
    assert repository.titles["fourth"] == "Fourth"
    assert repository.unreadable == ["fourth"]
    writer = Writer(repository)
    context = operation_page.context(repository, repository.contract.operations[0])
    _, page = writer.page("operations/one.html", "operation.html", **context)
    assert "Fourth has no Python package" in page
    concern = next(each for each in repository.concerns if each.is_whole)
    _, page = writer.page(
        "concerns/one.html", "concern.html", concern=concern, files=writer.files(concern)
    )
    assert page.count(COLUMN.format("fourth")) > 1
    _, page = writer.page("sizes.html", "sizes.html", **writer.sizes())
    assert "Fourth" in page


def test_a_recorded_trace_is_shown(repository: Repository, pages: Path) -> None:
    drawn = unpacked(pages, "trace-createAuthor")
    assert drawn == trace_page.fragment(recorded("createAuthor"), repository.titles)
    page = (pages / "operations" / "createAuthor.html").read_text()
    assert 'data-packed="trace-createAuthor"' in page
    assert "make trace OP=createAuthor" not in page


def test_sizes_count_code_without_comments(repository: Repository) -> None:
    lines = sizes.lines_by_concern(repository.sources, repository.concerns)
    for name in repository.implementations:
        of_python = [
            source
            for source in repository.sources
            if source.implementation == name and source.file.endswith(".py")
        ]
        assert sum(counts[name] for counts in lines.values()) == sum(
            source.code_lines for source in of_python
        )
        assert all(0 < source.code_lines <= len(source.lines) for source in of_python)
        found = sizes.dependencies(repository.root, name)
        assert found is not None
        assert len(found.direct) <= found.locked


def test_images_have_the_sizes_that_docker_prints(tmp_path: Path) -> None:
    root = make(tmp_path)
    assert sizes.images(root) == {}
    line = '{"Repository": "bookstore-flask", "Size": "212MB", "Tag": "latest"}\n'
    (root / sizes.IMAGES).write_text(line)
    assert sizes.images(root) == {"flask": "212MB"}
