"""A real catalogue of 10,000 books, not part of this project: what it brings in, and finds."""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import ROOT, formats, people
from harness.client import Client, succeeded
from harness.contract import Json
from harness.server import Server
from harness.shop import Shop
from harness.target import Ground

BESIDE = ROOT.parent / "shared" / "data" / "goodbooks-10k" / "catalogue.csv"
GOOD, BAD = 9277, 723

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class RealShop:
    """A shop with the catalogue in it, and what its first import reported."""

    shop: Shop
    server: Server
    catalogue: Path
    report: Json

    def find(self, **params: str | int) -> list[Json]:
        """All books that a search finds."""
        return self.shop.staff.walk("/books", limit=100, **params)


@pytest.fixture(scope="module")
def catalogue() -> Path:
    path = Path(os.environ.get("BOOKSTORE_REAL_CATALOGUE", BESIDE))
    if not path.exists():
        pytest.skip("the real catalogue is not here: name it with BOOKSTORE_REAL_CATALOGUE")
    return path


@pytest.fixture(scope="module")
def real(ground: Ground, catalogue: Path) -> Iterator[RealShop]:
    server = ground.open("real", pays=False)
    target = ground.target(server)
    client = Client(server.url, timeout=120)
    admin = people.join(client, target.admin_email, target.admin_password).client
    shop = Shop(admin)
    report = succeeded(shop.import_csv(catalogue.read_bytes()), 200).json()
    yield RealShop(shop, server, catalogue, report)
    client.close()
    server.stop()


def fault(isbn: str) -> str:
    """What is wrong with a number that is no ISBN-13."""
    if not isbn:
        return "required"
    return "checksum" if len(isbn) == 13 else "length"


def test_good_rows_are_in(real: RealShop) -> None:
    numbers = {name: real.report[name] for name in ("created", "updated", "unchanged", "rejected")}
    assert numbers == {"created": GOOD, "updated": 0, "unchanged": 0, "rejected": BAD}
    assert len(real.shop.export().splitlines()) == GOOD + 1


def test_each_bad_row_is_told_with_its_line_and_reason(real: RealShop) -> None:
    with real.catalogue.open(encoding="utf-8", newline="") as file:
        expected = [
            (line, "isbn", fault(row["isbn"]))
            for line, row in enumerate(csv.DictReader(file), start=2)
            if not formats.is_isbn(row["isbn"])
        ]
    assert len(expected) == BAD
    told = [(error["line"], error["column"], error["code"]) for error in real.report["errors"]]
    assert told == expected


def test_a_second_import_changes_nothing(real: RealShop) -> None:
    before = real.shop.export()
    report = succeeded(real.shop.import_csv(real.catalogue.read_bytes()), 200).json()
    assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, GOOD)
    assert report["errors"] == real.report["errors"]
    assert real.shop.export() == before


def test_the_command_imports_the_same(real: RealShop) -> None:
    environment = real.server.environment
    told = real.server.implementation.run_well(
        "import-books", real.catalogue, environment=environment
    ).splitlines()
    assert told[-1] == f"created=0 updated=0 unchanged={GOOD} rejected={BAD}"
    assert len(told) == BAD + 1
    for line, error in zip(told, real.report["errors"], strict=False):
        assert line.startswith(f"line {error['line']}: {error['column']}: ")


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson"])
def test_export_import_export_is_byte_identical(real: RealShop, media_type: str) -> None:
    exported = real.shop.export(media_type)
    answer = real.shop.staff.post(
        "/books/import?on_error=abort", content=exported, headers={"Content-Type": media_type}
    )
    assert succeeded(answer, 200).json()["unchanged"] == GOOD
    assert real.shop.export(media_type) == exported


def test_an_abort_takes_nothing_of_it_in(real: RealShop) -> None:
    text = real.catalogue.read_text(encoding="utf-8").replace(",42\n", ",43\n")
    before = real.shop.export()
    answer = real.shop.import_csv(text.encode(), on_error="abort")
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == BAD
    assert real.shop.export() == before


def test_the_hobbit_is_found(real: RealShop) -> None:
    titles = {book["title"] for book in real.find(q="hobbit")}
    assert any(title.startswith("The Hobbit") for title in titles)
    assert all(re.search(r"\bhobbit", title, re.IGNORECASE) for title in titles)


def test_an_author_is_found_without_accents(real: RealShop) -> None:
    names = {author["name"] for book in real.find(q="marquez") for author in book["authors"]}
    assert "Gabriel García Márquez" in names


def test_an_author_is_found_by_beginnings(real: RealShop) -> None:
    books = real.find(q="victor hug")
    names = [{author["name"] for author in book["authors"]} for book in books]
    assert books
    assert all("Victor Hugo" in found for found in names)


@pytest.mark.parametrize(
    "script", ["\u0600-\u06ff", "\u3040-\u30ff\u4e00-\u9fff"], ids=["ar", "ja"]
)
def test_a_title_in_another_script_is_found(real: RealShop, script: str) -> None:
    with real.catalogue.open(encoding="utf-8", newline="") as file:
        row = next(
            row
            for row in csv.DictReader(file)
            if re.search(f"[{script}]", row["title"]) and formats.is_isbn(row["isbn"])
        )
    found = {book["isbn"]: book["title"] for book in real.find(q=row["title"])}
    assert found[row["isbn"]] == row["title"]


def test_books_of_antiquity_are_found_by_their_years(real: RealShop) -> None:
    with real.catalogue.open(encoding="utf-8", newline="") as file:
        years = {
            row["isbn"]: int(row["published_year"])
            for row in csv.DictReader(file)
            if row["isbn"]
            and formats.is_isbn(row["isbn"])
            and row["published_year"].startswith("-")
        }
    books = real.find(published_year_min=-3000, published_year_max=-1, sort="published_year")
    assert {book["isbn"]: book["published_year"] for book in books} == years
    shown = [book["published_year"] for book in books]
    assert shown == sorted(shown)
