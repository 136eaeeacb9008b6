"""A read costs the same number of SQL statements whatever it shows."""

import re
from collections.abc import Callable

import httpx
import pytest

from harness import formats
from harness.client import Client, succeeded
from harness.contract import Json
from harness.people import Person
from harness.shop import Shop

TIMING = re.compile(r'app;dur=[0-9.]+, db;dur=[0-9.]+;desc="([0-9]+) quer(?:y|ies)"')
SIZES = (5, 100)

pytestmark = pytest.mark.usefixtures("our_target")  # only there Server-Timing is sure to be on


def queries(answer: httpx.Response) -> int:
    """The number of SQL statements of a request."""
    found = TIMING.fullmatch(succeeded(answer).headers["Server-Timing"])
    assert found, answer.headers["Server-Timing"]
    return int(found[1])


@pytest.fixture(scope="module")
def full(shop: Shop) -> Json:
    """A hundred books by two authors each in one category, made at once."""
    word = formats.word()
    rows = [
        {
            "isbn": formats.isbn(),
            "title": f"{word} {number}",
            "authors": [f"{word} {number}", f"{word} {number + 1}"],
            "language": None,
            "published_year": number,
            "price_amount": 1 + number,
            "stock": 1,
            "categories": [word],
        }
        for number in range(100)
    ]
    assert succeeded(shop.import_rows(rows)).json()["created"] == 100
    return {"q": word}


@pytest.mark.parametrize("sort", ["newest", "title", "-price", "published_year"])
def test_books_cost_the_same_on_a_page_of_any_size(anyone: Client, full: Json, sort: str) -> None:
    pages = [anyone.get("/books", params={**full, "sort": sort, "limit": size}) for size in SIZES]
    assert [len(page.json()["items"]) for page in pages] == list(SIZES)
    assert queries(pages[0]) == queries(pages[1]) <= 3


def test_a_deep_page_costs_what_the_first_does(anyone: Client, full: Json) -> None:
    first = anyone.get("/books", params={**full, "limit": 40})
    cursor = first.json()["next_cursor"]
    second = anyone.get("/books", params={**full, "limit": 40, "cursor": cursor})
    assert queries(first) == queries(second)


@pytest.mark.parametrize("path", ["/authors", "/categories"])
def test_lists_of_names_cost_one_query(anyone: Client, full: Json, path: str) -> None:
    assert full
    costs = {queries(anyone.get(path, params={"limit": size})) for size in SIZES}
    assert costs == {1}


def test_accounts_cost_one_query_and_the_caller_s(admin: Client) -> None:
    costs = {queries(admin.get("/users", params={"limit": size})) for size in SIZES}
    assert len(costs) == 1
    assert costs.pop() <= 2


def test_a_ledger_costs_the_same_however_long(shop: Shop) -> None:
    book = shop.book()
    path = f"/books/{book['id']}/stock-adjustments"
    shop.stocked(book, 1)
    before = queries(shop.staff.get(path))
    for _ in range(20):
        shop.stocked(book, 1)
    assert queries(shop.staff.get(path, params={"limit": 100})) == before


Reads = dict[str, Callable[[Shop], str]]
SINGLE: Reads = {
    "book": lambda shop: f"/books/{shop.book()['id']}",
    "author": lambda shop: f"/authors/{shop.author()['id']}",
    "category": lambda shop: f"/categories/{shop.category()['id']}",
    "cover": lambda shop: shop.cover(shop.book()),
}


@pytest.mark.parametrize("make", SINGLE.values(), ids=SINGLE)
def test_a_single_read_costs_few_queries(
    anyone: Client, shop: Shop, make: Callable[[Shop], str]
) -> None:
    assert 1 <= queries(anyone.get(make(shop))) <= 3


def test_a_book_costs_the_same_with_many_authors(shop: Shop) -> None:
    authors = [shop.author()["id"] for _ in range(8)]
    one, many = (shop.book(author_ids=authors[:count])["id"] for count in (1, 8))
    costs = [queries(shop.staff.bearing(None).get(f"/books/{book}")) for book in (one, many)]
    assert costs[0] == costs[1]


def test_authentication_costs_one_query(customer: Person) -> None:
    assert queries(customer.client.get("/users/me")) <= 2


def test_liveness_costs_none(anyone: Client) -> None:
    assert queries(anyone.get("/health/live")) == 0
