"""Books: the server returns the members that a client sent, and names each invalid member."""

import pytest

from harness import formats
from harness.client import Client, invalid, location, refused, succeeded
from harness.contract import Json
from harness.formats import CURRENCY
from harness.shop import Shop, price

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
ID = UNKNOWN_ID
OPTIONAL = ("subtitle", "description", "language", "published_year")

WRONG: list[tuple[str, Json, str]] = [
    ("/isbn", "9780261102210", "checksum"),
    ("/isbn", "978026110221", "length"),
    ("/isbn", "1230261102217", "format"),
    ("/isbn", "978-0261102217", "length"),
    ("/isbn", "978026110221X", "format"),
    ("/isbn", "٩٧٨٠٢٦١١٠٢٢١٧", "format"),
    ("/isbn", 9780261102217, "type"),
    ("/isbn", None, "type"),
    ("/title", "", "length"),
    ("/title", "x" * 501, "length"),
    ("/title", "a\nb", "format"),
    ("/title", "a\x00b", "format"),
    ("/title", None, "type"),
    ("/title", {"a": 1}, "type"),
    ("/subtitle", "", "length"),
    ("/subtitle", "x" * 501, "length"),
    ("/subtitle", "a\u0085b", "format"),
    ("/description", "", "length"),
    ("/description", "x" * 10001, "length"),
    ("/description", "a\tb", "format"),
    ("/description", 1.5, "type"),
    ("/language", "english", "length"),
    ("/language", "EN", "format"),
    ("/language", "en_US", "format"),
    ("/language", "en-us", "format"),
    ("/language", "e", "length"),
    ("/published_year", -3001, "range"),
    ("/published_year", 2101, "range"),
    ("/published_year", 10**30, "range"),
    ("/published_year", 1937.5, "type"),
    ("/published_year", "1937", "type"),
    ("/published_year", True, "type"),
    ("/author_ids", [], "length"),
    ("/author_ids", None, "type"),
    ("/author_ids", ID, "type"),
    ("/author_ids/0", [1], "type"),
    ("/author_ids/0", [UNKNOWN_ID], "unknown"),
    ("/author_ids/0", [ID[:-1]], "format"),
    ("/author_ids", [f"{n:08x}-4f0b-4c7e-9a51-0c2f7d1b3e11" for n in range(51)], "length"),
    ("/category_ids/0", [UNKNOWN_ID], "unknown"),
    ("/category_ids", None, "type"),
    ("/category_ids", [f"{n:08x}-4f0b-4c7e-9a51-0c2f7d1b3e11" for n in range(21)], "length"),
    ("/price", 1299, "type"),
    ("/price", None, "type"),
    ("/price/amount", price(0), "range"),
    ("/price/amount", price(100_000_000), "range"),
    ("/price/amount", {"amount": 12.99, "currency": CURRENCY}, "type"),
    ("/price/amount", {"amount": "1299", "currency": CURRENCY}, "type"),
    ("/price/amount", {"currency": CURRENCY}, "required"),
    ("/price/currency", {"amount": 1299, "currency": "XXX"}, "choice"),
    ("/price/currency", {"amount": 1299}, "required"),
    ("/price/tax", {"amount": 1299, "currency": CURRENCY, "tax": 7}, "unexpected"),
]
each_wrong = pytest.mark.parametrize(
    ("pointer", "value", "code"), WRONG, ids=[f"{p}={v!r}"[:40] for p, v, _ in WRONG]
)


@each_wrong
def test_a_wrong_member_is_named(
    staff: Client, shop: Shop, pointer: str, value: Json, code: str
) -> None:
    member = pointer.split("/")[1]
    body = shop.book_members(**{member: value})
    invalid(staff.post("/books", body), {pointer: code})


@each_wrong
def test_a_wrong_member_of_a_change_is_named_and_changes_nothing(
    staff: Client, an_old_book: Json, pointer: str, value: Json, code: str
) -> None:
    path = f"/books/{an_old_book['id']}"
    member = pointer.split("/")[1]
    answer = staff.patch(path, {"description": "Changed.", member: value}, staff.etag(path))
    invalid(answer, {pointer: code})
    assert staff.get(path).json() == an_old_book


@pytest.fixture(scope="module")
def an_old_book(shop: Shop) -> Json:
    return shop.book()


def test_ids_may_be_in_upper_case(staff: Client, shop: Shop) -> None:
    author, category = shop.author()["id"], shop.category()["id"]
    book = shop.book(author_ids=[author.upper()], category_ids=[category.upper()])
    assert [each["id"] for each in book["authors"]] == [author]
    query = {"author_id": author.upper(), "category_id": category.upper()}
    assert [each["id"] for each in staff.get("/books", params=query).json()["items"]] == [
        book["id"]
    ]


def test_every_wrong_member_is_named_at_once(staff: Client, shop: Shop) -> None:
    author = shop.author()["id"]
    body = {
        "isbn": formats.wrong_isbn(),
        "subtitle": "",
        "author_ids": [author, author, UNKNOWN_ID],
        "published_year": 3000,
        "price": {"amount": 0, "currency": "eur"},
        "stock": 3,
    }
    problem = refused(staff.post("/books", body), 422, "validation-failed")
    found = {error["pointer"]: error["code"] for error in problem["errors"]}
    assert found.pop("/author_ids/2", "unknown") == "unknown"
    assert found.pop("/price/currency") in {"choice", "format"}
    assert found == {
        "/isbn": "checksum",
        "/title": "required",
        "/subtitle": "length",
        "/author_ids/1": "duplicate",
        "/published_year": "range",
        "/price/amount": "range",
        "/stock": "unexpected",
    }


def test_every_unknown_id_is_named(staff: Client, shop: Shop) -> None:
    known = shop.author()["id"]
    other = UNKNOWN_ID.replace("8d6d", "9d6d")
    body = shop.book_members(author_ids=[UNKNOWN_ID, known, other], category_ids=[other])
    expected = {"/author_ids/0": "unknown", "/author_ids/2": "unknown"}
    invalid(staff.post("/books", body), {**expected, "/category_ids/0": "unknown"})


def test_a_book_is_what_was_sent(anyone: Client, staff: Client, shop: Shop) -> None:
    authors = [shop.author(), shop.author()]
    categories = sorted((shop.category(), shop.category()), key=lambda item: str(item["name"]))
    members = {
        "title": "The Hobbit, or There and Back Again 王 😀",
        "subtitle": "A 'tale'",
        "description": "In a hole\nin the ground.",
        "language": "en-GB",
        "published_year": -44,
        "price": price(99_999_999),
    }
    body = shop.book_members(
        **members,
        author_ids=[author["id"] for author in authors[::-1]],
        category_ids=[category["id"] for category in categories],
    )
    answer = succeeded(staff.post("/books", body), 201)
    book = answer.json()
    assert {name: book[name] for name in members} == members
    assert book["isbn"] == body["isbn"]
    assert [author["name"] for author in book["authors"]] == [a["name"] for a in authors[::-1]]
    assert sorted(c["name"] for c in book["categories"]) == [c["name"] for c in categories]
    assert book["stock"] == {"on_hand": 0, "reserved": 0, "available": 0}
    assert book["rating"] == {"average": None, "count": 0}
    assert book["cover_url"] is None
    assert location(answer) == f"/books/{book['id']}"
    seen = succeeded(anyone.get(location(answer)))
    assert (seen.json(), seen.headers["ETag"]) == (book, answer.headers["ETag"])


def test_what_is_optional_may_be_absent_or_null(shop: Shop) -> None:
    absent = shop.book()
    null = shop.book(**dict.fromkeys(OPTIONAL))
    for book in (absent, null):
        assert {book[name] for name in OPTIONAL} == {None}
        assert book["categories"] == []


@pytest.mark.parametrize("year", [-3000, -1, 0, 1, 2100])
def test_year_may_be_before_the_common_era(shop: Shop, year: int) -> None:
    assert shop.book(published_year=year)["published_year"] == year


def test_a_list_shows_the_same_book(anyone: Client, shop: Shop) -> None:
    book = shop.book(subtitle="Shown", category_ids=[shop.category()["id"]])
    (listed,) = anyone.walk("/books", q=book["title"])
    beyond = {"description", "categories", "created_at", "updated_at"}
    assert listed == {name: value for name, value in book.items() if name not in beyond}


def test_an_isbn_is_unique(staff: Client, shop: Shop) -> None:
    taken, other = shop.book(), shop.book()
    refused(staff.post("/books", shop.book_members(isbn=taken["isbn"])), 409, "isbn-taken")
    path = f"/books/{other['id']}"
    refused(staff.patch(path, {"isbn": taken["isbn"]}, staff.etag(path)), 409, "isbn-taken")
    assert staff.get(path).json() == other


def test_a_merge_patch_changes_what_it_names(staff: Client, shop: Shop) -> None:
    book = shop.book(subtitle="Old", published_year=1937, language="eng")
    path = f"/books/{book['id']}"
    author, category = shop.author(), shop.category()
    changed = staff.change(
        path, subtitle=None, author_ids=[author["id"]], category_ids=[category["id"]]
    )
    assert changed["updated_at"] > book["updated_at"]
    assert changed == {
        **book,
        "subtitle": None,
        "authors": [{"id": author["id"], "name": author["name"]}],
        "categories": [{"id": category["id"], "name": category["name"]}],
        "updated_at": changed["updated_at"],
    }
    assert staff.get(path).json() == changed


@pytest.mark.parametrize("member", ["authors", "categories"])
def test_authors_and_categories_are_changed_by_themselves(
    staff: Client, shop: Shop, member: str
) -> None:
    ids = {
        "author_ids": [shop.author()["id"] for _ in range(3)],
        "category_ids": [shop.category()["id"]],
    }
    book = shop.book(**ids)
    change = {
        "authors": {"author_ids": ids["author_ids"][::-1]},
        "categories": {"category_ids": []},
    }
    changed = staff.change(f"/books/{book['id']}", **change[member])
    after = {"authors": book["authors"][::-1], "categories": []}
    assert changed["updated_at"] > book["updated_at"]
    assert changed == {**book, member: after[member], "updated_at": changed["updated_at"]}


def test_a_patch_that_changes_nothing_leaves_the_book(staff: Client, shop: Shop) -> None:
    book = shop.book(subtitle="Same")
    path = f"/books/{book['id']}"
    tag = staff.etag(path)
    same = {name: book[name] for name in ("isbn", "title", "price", *OPTIONAL)}
    same["author_ids"] = [author["id"] for author in book["authors"]]
    for body in ({}, {"title": book["title"]}, same):
        answer = succeeded(staff.patch(path, body, tag), 200)
        assert (answer.json(), answer.headers["ETag"]) == (book, tag)


def test_of_two_writers_with_one_tag_one_wins(staff: Client, shop: Shop) -> None:
    book = shop.book()
    path = f"/books/{book['id']}"
    tag = staff.etag(path)
    succeeded(staff.patch(path, {"title": "First"}, tag), 200)
    refused(staff.patch(path, {"title": "Second"}, tag), 412, "precondition-failed")
    refused(staff.delete(path, tag), 412, "precondition-failed")
    assert staff.get(path).json()["title"] == "First"


def test_a_deleted_book_is_gone(staff: Client, shop: Shop) -> None:
    book = shop.book()
    shop.stocked(book, 3)
    shop.cover(book)
    path = f"/books/{book['id']}"
    succeeded(staff.delete(path, staff.etag(path)), 204)
    for gone in (path, f"{path}/cover", f"{path}/stock-adjustments"):
        refused(staff.get(gone), 404, "not-found")
    assert staff.walk("/books", q=book["title"]) == []
    shop.book(isbn=book["isbn"])
