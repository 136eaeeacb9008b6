"""Cursors are opaque, belong to their sort, and lead on from where a page ended: storage.md."""

import base64
import json

import pytest

from harness import formats
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.shop import Shop

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
TIME = "2026-03-01T09:30:00.000000Z"


def encoded(value: Json, **options: str) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode() + options.get("tail", "")


def decoded(cursor: str) -> Json:
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


@pytest.fixture(scope="module")
def pair(shop: Shop) -> list[Json]:
    return shop.books(2, published_year=None)


def first_cursor(anyone: Client, pair: list[Json], sort: str) -> str:
    params = {"author_id": pair[0]["authors"][0]["id"], "sort": sort, "limit": 1}
    return str(succeeded(anyone.get("/books", params=params)).json()["next_cursor"])


def test_a_cursor_is_what_storage_md_says(anyone: Client, pair: list[Json]) -> None:
    newest = pair[1]
    cursor = decoded(first_cursor(anyone, pair, "newest"))
    assert cursor == ["newest", newest["created_at"], newest["id"]]
    low, high = sorted(book["id"] for book in pair)
    assert decoded(first_cursor(anyone, pair, "price")) == ["price", 1299, low]
    assert decoded(first_cursor(anyone, pair, "-price")) == ["-price", 1299, high]
    assert decoded(first_cursor(anyone, pair, "published_year")) == ["published_year", 32767, low]
    cursor = decoded(first_cursor(anyone, pair, "-published_year"))
    assert cursor == ["-published_year", -32768, high]
    assert decoded(first_cursor(anyone, pair, "rating")) == ["rating", 0, low]
    titles = sorted((book["title"].casefold(), book["id"]) for book in pair)
    assert decoded(first_cursor(anyone, pair, "title")) == ["title", *titles[0]]


def test_a_cursor_made_by_storage_md_is_good(anyone: Client, pair: list[Json]) -> None:
    for cursor in (
        ["newest", "2100-01-01T00:00:00.000000Z", UNKNOWN_ID],
        ["newest", TIME, UNKNOWN_ID],
    ):
        succeeded(anyone.get("/books", params={"cursor": encoded(cursor)}), 200)
    author = pair[0]["authors"][0]["id"]
    params = {"cursor": encoded(["price", 1298, UNKNOWN_ID]), "sort": "price", "author_id": author}
    assert len(anyone.get("/books", params=params).json()["items"]) == 2


BAD = {
    "no base64": "!",
    "padded": encoded(["newest", TIME, UNKNOWN_ID]) + "=",
    "no JSON": "bm9uc2Vuc2U",
    "no UTF-8": "_w",
    "an object": encoded({"sort": "newest"}),
    "too short": encoded(["newest", TIME]),
    "too long": encoded(["newest", TIME, UNKNOWN_ID, 1]),
    "another sort": encoded(["price", 1299, UNKNOWN_ID]),
    "an unknown sort": encoded(["isbn", "9780261102217", UNKNOWN_ID]),
    "an integer for a time": encoded(["newest", 1, UNKNOWN_ID]),
    "a time without microseconds": encoded(["newest", "2026-03-01T09:30:00Z", UNKNOWN_ID]),
    "no time": encoded(["newest", "2026-13-01T09:30:00.000000Z", UNKNOWN_ID]),
    "null": encoded(["newest", None, UNKNOWN_ID]),
    "no id": encoded(["newest", TIME, "nonsense"]),
    "an id without dashes": encoded(["newest", TIME, UNKNOWN_ID.replace("-", "")]),
    "an upper-case id": encoded(["newest", TIME, UNKNOWN_ID.upper()]),
    "spaces": base64.urlsafe_b64encode(json.dumps(["newest", TIME, UNKNOWN_ID]).encode())
    .rstrip(b"=")
    .decode(),
    "one character more": encoded(["newest", TIME, UNKNOWN_ID], tail="A"),
    "too many characters": "A" * 2049,
    "deep nesting": base64.urlsafe_b64encode(b"[" * 1200).rstrip(b"=").decode(),
    "empty": "",
}


@pytest.mark.parametrize("cursor", BAD.values(), ids=BAD)
def test_a_bad_cursor_is_named(anyone: Client, cursor: str) -> None:
    problem = refused(anyone.get("/books", params={"cursor": cursor}), 422, "validation-failed")
    assert [error["name"] for error in problem["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("price", "1299"),
        ("price", True),
        ("price", 12.5),
        ("price", 10**30),
        ("published_year", None),
        ("title", 1),
        ("title", "a\x00b"),
        ("-rating", "5"),
    ],
)
def test_a_key_of_another_type_is_a_bad_cursor(anyone: Client, sort: str, key: Json) -> None:
    params = {"cursor": encoded([sort, key, UNKNOWN_ID]), "sort": sort}
    problem = refused(anyone.get("/books", params=params), 422, "validation-failed")
    assert [error["name"] for error in problem["errors"]] == ["cursor"]


def test_a_cursor_of_another_list_or_order_is_refused(anyone: Client, shop: Shop) -> None:
    shop.author(), shop.author()
    cursor = succeeded(anyone.get("/authors?limit=1")).json()["next_cursor"]
    assert decoded(cursor)[0] == "name"
    for path in (f"/authors?sort=-name&cursor={cursor}", f"/books?cursor={cursor}"):
        refused(anyone.get(path), 422, "validation-failed", None)


def test_a_cursor_holds_the_longest_names_and_titles(anyone: Client, shop: Shop) -> None:
    for _ in range(2):
        stem = formats.word()
        shop.author("\U00020000" * (200 - len(stem)) + stem)
    pages = anyone.pages("/authors", sort="-name", limit=1)
    assert len([next(pages), next(pages)]) == 2
    author = shop.author()["id"]
    for _ in range(2):
        shop.book(author_ids=[author], title="\U00020000" * 500)
    assert len(anyone.walk("/books", author_id=author, sort="title", limit=1)) == 2


def test_a_cursor_outlives_its_row(anyone: Client, shop: Shop) -> None:
    books = shop.books(3)
    params = {"author_id": books[0]["authors"][0]["id"], "limit": 1}
    cursor = anyone.get("/books", params=params).json()["next_cursor"]
    succeeded(shop.staff.delete(f"/books/{books[2]['id']}", "*"), 204)
    rest = anyone.get("/books", params={**params, "limit": 9, "cursor": cursor}).json()["items"]
    assert [book["id"] for book in rest] == [books[1]["id"], books[0]["id"]]
