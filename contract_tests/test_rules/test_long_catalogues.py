"""More books than a shop takes at a time: where one batch ends and the next begins, nobody sees."""

import json
from collections.abc import Iterator

import pytest

from harness import formats
from harness.branch import open_branch
from harness.client import succeeded
from harness.contract import Json
from harness.shop import Shop
from harness.target import Ground

ROWS = 2_500
"""Two and a half batches of a thousand, and no whole number of those that are smaller."""
AUTHORS, CATEGORIES = 40, 10
NDJSON = "application/x-ndjson"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(maybe_ground: Ground | None, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop of its own, where there can be one: others have few books, and look at all of them."""
    if maybe_ground is None:
        yield request.getfixturevalue("shop")
        return
    with open_branch(maybe_ground, "long", pays=False) as branch:
        yield branch.sales.shop


@pytest.fixture(scope="module")
def rows(shop: Shop) -> list[Json]:
    """What was imported, sorted as it is exported."""
    word = formats.word()
    rows: list[Json] = [
        {
            "isbn": isbn,
            "title": f"{word} {number}",
            "subtitle": None,
            "authors": [f"Author {word} {number % AUTHORS}"],
            "language": "en",
            "published_year": 2026,
            "price_amount": 1 + number,
            "stock": number % 7,
            "categories": [f"Category {word} {number % CATEGORIES}"],
        }
        for number, isbn in enumerate(sorted({formats.isbn() for _ in range(ROWS)}))
    ]
    assert outcome(shop, rows)["created"] == len(rows)
    return rows


def outcome(shop: Shop, rows: list[Json], **params: str) -> Json:
    """The report on an import."""
    return succeeded(shop.import_rows(rows, **params), 200).json()


def test_each_is_exported_once_and_in_order(shop: Shop, rows: list[Json]) -> None:
    mine = {row["isbn"] for row in rows}
    exported = [json.loads(line) for line in shop.export(NDJSON).splitlines()]
    assert [row for row in exported if row["isbn"] in mine] == rows


def test_each_is_found_once(shop: Shop, rows: list[Json]) -> None:
    word = rows[0]["title"].split()[0]
    found = shop.staff.walk("/books", q=word, sort="price", limit=100)
    assert [book["isbn"] for book in found] == [row["isbn"] for row in rows]


def test_a_name_in_many_batches_is_one_author(shop: Shop, rows: list[Json]) -> None:
    name, *_ = rows[0]["authors"]
    known = [each for each in shop.staff.walk("/authors", limit=100) if each["name"] == name]
    books = shop.staff.walk("/books", author_id=known[0]["id"], limit=100)
    assert (len(known), len(books)) == (1, len(rows[::AUTHORS]))


def test_what_changed_is_told_from_what_did_not(shop: Shop, rows: list[Json]) -> None:
    changed = (0, 998, 999, 1_000, 1_001, len(rows) - 1)
    for number in changed:
        rows[number] |= {"subtitle": "Revised"}
    told = outcome(shop, rows)
    assert (told["updated"], told["unchanged"]) == (len(changed), len(rows) - len(changed))


def test_an_isbn_that_comes_again_much_later_is_refused(shop: Shop, rows: list[Json]) -> None:
    told = outcome(shop, [*rows, {**rows[0], "title": "Another"}])
    assert (told["unchanged"], told["rejected"]) == (len(rows), 1)
    (error,) = told["errors"]
    assert (error["line"], error["column"], error["code"]) == (len(rows) + 1, "isbn", "duplicate")


def test_a_bad_row_at_the_end_takes_back_what_came_before(shop: Shop, rows: list[Json]) -> None:
    before = shop.export(NDJSON)
    dearer = [{**row, "price_amount": row["price_amount"] + 1} for row in rows]
    answer = shop.import_rows([*dearer, {**rows[0], "isbn": "1"}], on_error="abort")
    assert answer.status_code == 422
    assert shop.export(NDJSON) == before
