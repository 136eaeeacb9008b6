"""Links from the documents to code: by symbol, never by a line number that an edit would change."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from workbench import ROOT, symbol_links
from workbench.documents import DocumentError, links, markdown_files
from workbench.shops import implementations
from workbench.symbol_links import all_links, is_called, links_of

SERVICES = "impl_flask/bookstore/orders/services.py"
PLACE_ORDER = f"{SERVICES}::place_order"

every_document = pytest.mark.parametrize(
    "document", markdown_files(ROOT), ids=lambda file: str(file.relative_to(ROOT))
)


@every_document
def test_every_symbol_link_resolves(document: Path) -> None:
    for link in links_of(document):
        assert link.line() > 0


@every_document
def test_no_link_to_code_has_a_line_number(document: Path) -> None:
    for text, target in links(document):
        assert not re.search(r"\.py#", target), f"[{text}]({target}): link to the symbol instead"
        assert not re.match(r"[\w/]+\.py:(?!:)", text), f"[{text}]({target}): write file.py::symbol"


def test_inserting_a_line_into_a_service_changes_no_document(tmp_path: Path) -> None:
    for name in ("docs", *(f"impl_{each}" for each in implementations())):
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    found = list(all_links(tmp_path))
    before = {link: link.line(ROOT) for link in found}
    place_order = next(line for link, line in before.items() if link.symbol == PLACE_ORDER)
    code = tmp_path / SERVICES
    lines = code.read_text().splitlines()
    code.write_text("\n".join([*lines[: place_order - 1], "ADDED = 1", *lines[place_order - 1 :]]))
    assert {link: link.line(tmp_path) for link in found} == {
        link: line + (link.file == SERVICES and line >= place_order)
        for link, line in before.items()
    }


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        (
            "[app.py::create_ap](app.py)",
            r"page\.md: \[app\.py::create_ap\]: app\.py does not define",
        ),
        ("[app.py::create_app](other.py)", r"the link leads to other\.py"),
        ("[app.py::create_app](app.py#L2)", r"the link leads to app\.py#L2"),
        ("[gone.py::create_app](gone.py)", r"there is no file gone\.py"),
        ("[bad.py::create_app](bad.py)", r"bad\.py, line 1: "),
    ],
)
def test_a_link_that_does_not_resolve_is_reported(tmp_path: Path, link: str, problem: str) -> None:
    (tmp_path / "app.py").write_text("def create_app(): ...\n")
    (tmp_path / "other.py").write_text("def create_app(): ...\n")
    (tmp_path / "bad.py").write_text("def create_app(:\n")
    (tmp_path / "page.md").write_text(f"See {link}.\n")
    [found] = all_links(tmp_path)
    with pytest.raises(DocumentError, match=problem):
        found.line(tmp_path)


def test_a_definition_begins_at_its_decorator_and_a_method_belongs_to_its_class(
    tmp_path: Path,
) -> None:
    code = "import os\n\nLIMIT: int = 1\n\n\nclass Book:\n    @property\n    def title(self): ...\n"
    (tmp_path / "models.py").write_text(code)
    names = ("LIMIT", "Book", "Book.title")
    (tmp_path / "page.md").write_text("".join(f"[`models.py::{n}`](models.py)\n" for n in names))
    assert [link.line(tmp_path) for link in all_links(tmp_path)] == [3, 6, 7]


@pytest.mark.parametrize(
    ("wanted", "is_meant"),
    [
        ("", True),
        ("place_order", True),
        ("services.py::place_order", True),
        (PLACE_ORDER, True),
        ("order", False),
        ("place", False),
    ],
)
def test_a_symbol_is_found_by_its_name_or_with_its_file(wanted: str, *, is_meant: bool) -> None:
    assert is_called(PLACE_ORDER, wanted) is is_meant


def test_make_links_prints_a_symbol_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["symbol_links", "--find", PLACE_ORDER])
    assert symbol_links.main() == 0
    lines = (ROOT / SERVICES).read_text().splitlines()
    [number] = [n for n, line in enumerate(lines, 1) if line.startswith("def place_order(")]
    printed = capsys.readouterr().out
    assert re.fullmatch(rf"{re.escape(SERVICES)}:{number}  place_order  \(.*\.md\)\n", printed)


def test_make_links_fails_for_a_symbol_without_a_link(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["symbol_links", "--find", "no_such_symbol"])
    assert symbol_links.main() == 1
    assert "No document links to a symbol called no_such_symbol" in capsys.readouterr().err
