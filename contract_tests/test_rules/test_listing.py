"""Filters narrow, sorts order both ways, and a walk over the pages repeats and misses nothing."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from harness.client import Client, invalid
from harness.contract import Json
from harness.sales import Sales
from harness.shop import Shop, price

Key = Callable[[Json], Any]
UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"


def title_key(book: Json) -> str:
    """The words of a title, as storage.md makes them."""
    decomposed = unicodedata.normalize("NFKD", book["title"])
    bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").casefold()
    words = re.findall(r"[^\W_]+", bare)
    return " ".join(words)[:200]


def amount(book: Json) -> int:
    return int(book["price"]["amount"])


def year(book: Json) -> int | None:
    found: int | None = book["published_year"]
    return found


@pytest.fixture(scope="module")
def shelf(shop: Shop) -> list[Json]:
    """A dozen books of one author, with equal and missing values among them."""
    author = shop.author()["id"]
    titles = [
        "Zebra",
        "apple",
        "Äpfel",
        "éclair",
        "Zoo",
        "a b",
        "a-b",
        "A",
        "王",
        "1984",
        "Émile",
        "z",
    ]
    years = [None, 1937, -500, 1937, None, 2100, -3000, 0, 1, 1937, None, 1984]
    prices = [1299, 1, 99_999_999, 1299, 500, 501, 1299, 2, 3, 4, 1299, 5]
    books = []
    for title, published, cents in zip(titles, years, prices, strict=True):
        members = {"published_year": published, "price": price(cents), "author_ids": [author]}
        books.append(shop.book(title=title, **members))
    return books


def author_of(shelf: list[Json]) -> str:
    return str(shelf[0]["authors"][0]["id"])


def expected_order(shelf: list[Json], sort: str) -> list[str]:
    """The ids in an order of storage.md: ties by id, missing years last either way."""
    down = sort.startswith("-")
    name = sort.removeprefix("-")
    if name == "newest":
        return [book["id"] for book in sorted(shelf, key=lambda b: b["created_at"], reverse=True)]
    missing = -32768 if down else 32767
    keys: dict[str, Key] = {
        "title": title_key,
        "price": amount,
        "published_year": lambda book: missing if year(book) is None else year(book),
        "rating": lambda _: 0,
    }
    key = keys[name]
    ordered = sorted(shelf, key=lambda book: (key(book), book["id"]), reverse=down)
    return [book["id"] for book in ordered]


SORTS = ["title", "-title", "price", "-price", "published_year", "-published_year"]
SORTS += ["rating", "-rating", "newest"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 5, 100])
def test_a_walk_shows_every_book_once_in_order(
    anyone: Client, shelf: list[Json], sort: str, limit: int
) -> None:
    walked = anyone.walk("/books", author_id=author_of(shelf), sort=sort, limit=limit)
    assert [book["id"] for book in walked] == expected_order(shelf, sort)


@pytest.mark.parametrize("limit", [1, 4, 5, 12, 13])
def test_the_last_page_leads_nowhere_even_if_it_is_full(
    anyone: Client, shelf: list[Json], limit: int
) -> None:
    pages = list(anyone.pages("/books", author_id=author_of(shelf), limit=limit))
    full, rest = divmod(len(shelf), limit)
    assert [len(page) for page in pages] == [limit] * full + [rest] * bool(rest)


def test_newest_is_the_default(anyone: Client, shelf: list[Json]) -> None:
    walked = anyone.walk("/books", author_id=author_of(shelf))
    assert [book["id"] for book in walked] == expected_order(shelf, "newest")


@pytest.mark.parametrize("sort", ["title", "-price", "newest", "published_year"])
def test_a_walk_repeats_nothing_while_books_are_added(
    anyone: Client, shop: Shop, sort: str
) -> None:
    author = shop.author()["id"]
    before = [
        shop.book(author_ids=[author], price=price(amount))["id"] for amount in (10, 20, 30, 40)
    ]
    seen: list[str] = []
    for page in anyone.pages("/books", author_id=author, sort=sort, limit=1):
        seen += [book["id"] for book in page]
        if len(seen) < 4:
            shop.book(author_ids=[author], price=price(15), published_year=1000)
    assert len(set(seen)) == len(seen)
    assert [book for book in seen if book in before] == [
        book for book in _in_order(anyone, author, sort) if book in before
    ]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_books_of_one_moment_are_each_shown_once(anyone: Client, sales: Sales, limit: int) -> None:
    """An import makes all its books at once: by `newest` only their ids tell them apart."""
    books = sales.books(5)
    word = books[0]["title"].split()[0]
    walked = anyone.walk("/books", q=word, sort="newest", limit=limit)
    ids = [book["id"] for book in walked]
    assert ids == sorted((book["id"] for book in books), reverse=True)


def _in_order(anyone: Client, author: str, sort: str) -> list[str]:
    return [book["id"] for book in anyone.walk("/books", author_id=author, sort=sort, limit=100)]


FILTERS: list[tuple[dict[str, Any], Callable[[Json], bool]]] = [
    ({"price_min": 1299}, lambda book: amount(book) >= 1299),
    ({"price_max": 1299}, lambda book: amount(book) <= 1299),
    ({"price_min": 3, "price_max": 500}, lambda book: 3 <= amount(book) <= 500),
    ({"price_min": 500, "price_max": 3}, lambda _: False),
    ({"price_min": 0}, lambda _: True),
    ({"published_year_min": 1937}, lambda book: (year(book) or -9999) >= 1937),
    ({"published_year_max": 0}, lambda book: year(book) is not None and year(book) <= 0),  # type: ignore[operator]  # mypy does not see that both calls agree
    ({"published_year_min": -3000, "published_year_max": -500}, lambda b: year(b) in {-3000, -500}),
    ({"published_year_min": -3000, "published_year_max": 2100}, lambda b: year(b) is not None),
    ({"in_stock": "false"}, lambda _: True),
    ({"in_stock": "true"}, lambda _: False),
    ({"language": "eng"}, lambda _: False),
    ({"category_id": UNKNOWN_ID}, lambda _: False),
    ({"q": "apple"}, lambda book: book["title"] == "apple"),
    ({"q": "apple", "price_min": 2}, lambda _: False),
]


@pytest.mark.parametrize(("params", "belongs"), FILTERS, ids=[str(f[0]) for f in FILTERS])
def test_a_filter_narrows_to_exactly(
    anyone: Client, shelf: list[Json], params: dict[str, Any], belongs: Callable[[Json], bool]
) -> None:
    found = anyone.walk("/books", author_id=author_of(shelf), limit=4, **params)
    assert {book["id"] for book in found} == {book["id"] for book in shelf if belongs(book)}


def test_a_language_is_matched_exactly(anyone: Client, shop: Shop) -> None:
    author = shop.author()["id"]
    english, british = (
        shop.book(author_ids=[author], language=language)["id"] for language in ("en", "en-GB")
    )
    for language, expected in (("en", [english]), ("en-GB", [british]), ("eng", [])):
        found = anyone.walk("/books", author_id=author, language=language)
        assert [book["id"] for book in found] == expected


def test_a_category_includes_all_below_it(anyone: Client, shop: Shop) -> None:
    top = shop.category()
    middle = shop.category(parent=top)
    bottom = shop.category(parent=middle)
    in_top = shop.book(category_ids=[top["id"]])["id"]
    in_both = shop.book(category_ids=[bottom["id"], top["id"]])["id"]
    in_bottom = shop.book(category_ids=[bottom["id"]])["id"]
    expected = {
        top["id"]: [in_bottom, in_both, in_top],
        middle["id"]: [in_bottom, in_both],
        bottom["id"]: [in_bottom, in_both],
    }
    for category, books in expected.items():
        found = anyone.walk("/books", category_id=category, limit=1)
        assert [book["id"] for book in found] == books


def test_in_stock_follows_the_ledger(anyone: Client, shop: Shop) -> None:
    (book,) = shop.books(1)
    params = {"author_id": book["authors"][0]["id"], "in_stock": "true"}
    assert anyone.walk("/books", **params) == []
    shop.stocked(book, 2)
    assert [found["id"] for found in anyone.walk("/books", **params)] == [book["id"]]
    shop.stocked(book, -2)
    assert anyone.walk("/books", **params) == []


def test_in_stock_false_shows_only_books_that_are_not_available(
    anyone: Client, sales: Sales, reader: Client
) -> None:
    """Available is what is on hand and not reserved."""
    author = [sales.shop.author()["id"]]
    available, reserved, none = (sales.book(n, author_ids=author) for n in (2, 1, 0))
    sales.order(reader, (reserved, 1))
    shown = {
        wanted: [book["id"] for book in anyone.walk("/books", author_id=author[0], in_stock=wanted)]
        for wanted in ("true", "false")
    }
    assert shown == {"true": [available["id"]], "false": [none["id"], reserved["id"]]}


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("limit=0", {"?limit": "range"}),
        ("limit=101", {"?limit": "range"}),
        ("limit=-1", {"?limit": "range"}),
        ("limit=abc", {"?limit": "type"}),
        ("limit=1.5", {"?limit": "type"}),
        ("limit=", {"?limit": "type"}),
        ("limit=5&limit=5", {"?limit": "repeated"}),
        ("sort=isbn", {"?sort": "choice"}),
        ("sort=TITLE", {"?sort": "choice"}),
        ("in_stock=abc", {"?in_stock": "type"}),
        ("price_min=-1", {"?price_min": "range"}),
        ("price_max=100000000", {"?price_max": "range"}),
        ("published_year_min=-3001", {"?published_year_min": "range"}),
        ("published_year_max=2101", {"?published_year_max": "range"}),
        ("author_id=1", {"?author_id": "format"}),
        ("category_id=" + UNKNOWN_ID[:-1], {"?category_id": "format"}),
        ("language=English", {"?language": "length"}),
        ("language=EN", {"?language": "format"}),
        ("page=2", {"?page": "unexpected"}),
        ("Limit=5", {"?Limit": "unexpected"}),
        ("limit=0&sort=no", {"?limit": "range", "?sort": "choice"}),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_parameter_is_named(anyone: Client, query: str, codes: dict[str, str]) -> None:
    problem = anyone.get(f"/books?{query}")
    if "_id" in query:
        assert problem.json()["errors"][0]["code"] in {"format", "length"}
        codes = {name: problem.json()["errors"][0]["code"] for name in codes}
    invalid(problem, codes)
