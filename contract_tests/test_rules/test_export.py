"""The export: every book, sorted by ISBN; importing it changes nothing, nor does a third copy."""

import csv
import io
import json

import pytest

from harness import formats
from harness.client import Client, refused, succeeded
from harness.shop import Shop

COLUMNS = "isbn,title,subtitle,authors,language,published_year,price_amount,stock,categories"
NDJSON = "application/x-ndjson"
AWKWARD = [
    "=1+1",
    "'=1+1",
    "''",
    "+1",
    "-1",
    "@x",
    "'tis",
    'say "hi"',
    "a,b; c",
    " padded ",
    "王 😀",
    "a\u2028b",
    "'",
]


@pytest.fixture(scope="module")
def awkward(shop: Shop) -> dict[str, str]:
    """Titles that files get wrong, by ISBN."""
    author = shop.author(f"=Author, {formats.word()}")["id"]
    category = shop.category(f"@Category {formats.word()}")["id"]
    books = {}
    for title in AWKWARD:
        members = {"author_ids": [author], "category_ids": [category], "subtitle": title}
        books[shop.book(title=title, published_year=-1, **members)["isbn"]] = title
    return books


def test_the_columns_come_in_the_contract_s_order(shop: Shop) -> None:
    shop.book()
    lines = shop.export().split(b"\r\n")
    assert lines[0].decode() == COLUMNS
    assert lines[-1] == b""
    first = json.loads(shop.export(NDJSON).split(b"\n")[0])
    assert list(first) == COLUMNS.split(",")
    assert b"\r" not in shop.export(NDJSON)


def test_rows_are_sorted_by_isbn(shop: Shop, awkward: dict[str, str]) -> None:
    isbns = [json.loads(line)["isbn"] for line in shop.export(NDJSON).splitlines()]
    assert isbns == sorted(isbns)
    assert awkward.keys() <= set(isbns)


def test_a_row_says_what_the_book_says(shop: Shop) -> None:
    authors = [shop.author(), shop.author()]
    categories = [shop.category(), shop.category()]
    book = shop.book(
        author_ids=[author["id"] for author in authors],
        category_ids=[category["id"] for category in categories],
        subtitle="Sub",
        language="eng",
        published_year=-44,
    )
    shop.stocked(book, 3)
    names = sorted(category["name"] for category in categories)
    row = shop.by_isbn(book["isbn"])
    assert sorted(row.pop("categories")) == names
    assert row == {
        "isbn": book["isbn"],
        "title": book["title"],
        "subtitle": "Sub",
        "authors": [author["name"] for author in authors],
        "language": "eng",
        "published_year": -44,
        "price_amount": 1299,
        "stock": 3,
    }
    rows = csv.DictReader(io.StringIO(shop.export().decode(), newline=""))
    (cells,) = [cells for cells in rows if cells["isbn"] == book["isbn"]]
    assert cells["authors"] == "; ".join(author["name"] for author in authors)
    assert (cells["published_year"], cells["stock"]) == ("-44", "3")


def test_no_cell_is_a_formula(shop: Shop, awkward: dict[str, str]) -> None:
    rows = csv.DictReader(io.StringIO(shop.export().decode(), newline=""))
    cells = {row["isbn"]: row for row in rows}
    for isbn, title in awkward.items():
        assert cells[isbn]["title"] == cells[isbn]["subtitle"] == as_cell(title)
        assert cells[isbn]["authors"].startswith("'=Author, ")
        assert cells[isbn]["categories"].startswith("'@Category ")
        assert cells[isbn]["published_year"] == "-1"


def as_cell(title: str) -> str:
    """A title with an apostrophe before what a spreadsheet or the import would take otherwise."""
    needs_one = title[0] in "=+-@" or (title[0] == "'" and title[1:2] in tuple("=+-@'"))
    return f"'{title}" if needs_one else title


@pytest.mark.parametrize("media_type", ["text/csv", NDJSON])
def test_export_import_export_is_the_identity(
    shop: Shop, awkward: dict[str, str], media_type: str
) -> None:
    exported = shop.export(media_type)
    headers = {"Content-Type": media_type}
    answer = shop.staff.post("/books/import?on_error=abort", content=exported, headers=headers)
    told = succeeded(answer, 200).json()
    assert (told["created"], told["updated"], told["rejected"]) == (0, 0, 0)
    assert told["unchanged"] >= len(awkward)
    assert shop.export(media_type) == exported


def test_titles_survive_in_both_formats(shop: Shop, awkward: dict[str, str]) -> None:
    rows = [json.loads(line) for line in shop.export(NDJSON).split(b"\n")[:-1]]
    titles = {row["isbn"]: row["title"] for row in rows}
    assert {isbn: titles[isbn] for isbn in awkward} == awkward


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/csv"),
        ("*/*", "text/csv"),
        ("text/*", "text/csv"),
        (NDJSON, NDJSON),
        ("application/*", NDJSON),
        (f"text/csv;q=0.5, {NDJSON}", NDJSON),
        (f"{NDJSON};q=0, */*", "text/csv"),
    ],
)
def test_accept_picks_the_format(staff: Client, accept: str | None, media_type: str) -> None:
    answer = succeeded(staff.get("/books/export", headers={"Accept": accept}), 200)
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="')


def test_json_is_no_format_of_the_export(staff: Client) -> None:
    answer = staff.get("/books/export", headers={"Accept": "application/json"})
    refused(answer, 406, "not-acceptable")
