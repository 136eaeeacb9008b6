"""The import: one book a row, by ISBN, in one transaction; a second import changes nothing."""

import json
from typing import Any

import pytest

from harness import formats
from harness.client import refused, succeeded
from harness.contract import Json
from harness.shop import Shop

HEADER = "isbn,title,authors,language,published_year,price_amount,stock"


def report(answer: Any) -> Json:
    """An import's numbers."""
    told = succeeded(answer, 200).json()
    assert told["errors"] == []
    assert told["errors_truncated"] is False
    return {name: told[name] for name in ("created", "updated", "unchanged", "rejected")}


def outcome(**numbers: int) -> dict[str, int]:
    return {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0, **numbers}


def csv(*rows: str, header: str = HEADER, end: str = "\r\n") -> str:
    return end.join([header, *rows, ""])


def a_row(**members: Json) -> Json:
    """A row of NDJSON."""
    row: Json = {"isbn": formats.isbn(), "title": "A title", "authors": [f"A {formats.word()}"]}
    row |= {"language": None, "published_year": None, "price_amount": 1299, "stock": 0}
    return {**row, **members}


def book_of(shop: Shop, isbn: str, title: str) -> Json:
    (found,) = [book for book in shop.staff.walk("/books", q=title) if book["isbn"] == isbn]
    return succeeded(shop.staff.get(f"/books/{found['id']}")).json()


def test_a_row_of_csv_makes_a_book(shop: Shop) -> None:
    isbn, word = formats.isbn(), formats.word()
    row = f'{isbn},"{word}, or ""There"" and Back",Ann {word}; Bob {word},en-GB,-44,1299,7'
    assert report(shop.import_csv(csv(row))) == outcome(created=1)
    book = book_of(shop, isbn, word)
    assert book["title"] == f'{word}, or "There" and Back'
    assert [author["name"] for author in book["authors"]] == [f"Ann {word}", f"Bob {word}"]
    assert (book["language"], book["published_year"]) == ("en-GB", -44)
    assert book["price"] == {"amount": 1299, "currency": formats.CURRENCY}
    assert book["stock"]["on_hand"] == 7
    assert (book["subtitle"], book["description"], book["categories"]) == (None, None, [])
    (entry,) = shop.staff.walk(f"/books/{book['id']}/stock-adjustments")
    assert (entry["delta"], entry["reason"], entry["on_hand"]) == (7, "import", 7)
    assert entry["user_id"] == shop.staff.get("/users/me").json()["id"]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_lines_end_either_way_and_the_last_need_not(shop: Shop, end: str) -> None:
    rows = [f"{formats.isbn()},T,A,,,1,0" for _ in range(2)]
    text = csv(*rows, end=end).removesuffix(end)
    assert report(shop.import_csv(text)) == outcome(created=2)
    assert report(shop.import_csv(csv(rows[0], "", rows[1], "", end=end))) == outcome(unchanged=2)


def test_columns_come_in_any_order(shop: Shop) -> None:
    isbn, word = formats.isbn(), formats.word()
    text = csv(
        f"3,{word} Cat; {word} Dog,1937,{isbn},Sub,1299,Ann,eng,{word}",
        header="stock,categories,published_year,isbn,subtitle,price_amount,authors,language,title",
    )
    assert report(shop.import_csv(text)) == outcome(created=1)
    book = book_of(shop, isbn, word)
    assert (book["subtitle"], book["published_year"]) == ("Sub", 1937)
    assert sorted(c["name"] for c in book["categories"]) == [f"{word} Cat", f"{word} Dog"]
    tree = {category["name"]: category for category in shop.staff.walk("/categories", limit=100)}
    assert tree[f"{word} Cat"]["parent_id"] is None


def test_a_row_of_ndjson_makes_the_same_book(shop: Shop) -> None:
    word = formats.word()
    row = a_row(title=word, subtitle="Sub", categories=[f"{word} Cat"], stock=3, language="eng")
    assert report(shop.import_rows([row])) == outcome(created=1)
    book = book_of(shop, row["isbn"], word)
    assert [author["name"] for author in book["authors"]] == row["authors"]
    assert [category["name"] for category in book["categories"]] == row["categories"]
    assert (book["subtitle"], book["stock"]["on_hand"]) == ("Sub", 3)


def test_a_second_import_changes_nothing(shop: Shop) -> None:
    rows = [a_row(title=formats.word(), stock=2) for _ in range(3)]
    shop.import_rows(rows)
    book = book_of(shop, rows[0]["isbn"], rows[0]["title"])
    tag = shop.staff.etag(f"/books/{book['id']}")
    assert report(shop.import_rows(rows)) == outcome(unchanged=3)
    assert shop.staff.etag(f"/books/{book['id']}") == tag
    assert len(shop.staff.walk(f"/books/{book['id']}/stock-adjustments")) == 1


def test_a_changed_row_changes_its_book_only(shop: Shop) -> None:
    rows = [a_row(title=formats.word(), stock=2) for _ in range(2)]
    shop.import_rows(rows)
    before = [book_of(shop, row["isbn"], row["title"]) for row in rows]
    rows[0] |= {"stock": 5, "price_amount": 1399}
    assert report(shop.import_rows(rows)) == outcome(updated=1, unchanged=1)
    after = [book_of(shop, row["isbn"], row["title"]) for row in rows]
    assert after[1] == before[1]
    assert after[0]["price"]["amount"] == 1399
    assert after[0]["stock"]["on_hand"] == 5
    assert after[0]["updated_at"] > before[0]["updated_at"]
    ledger = shop.staff.walk(f"/books/{after[0]['id']}/stock-adjustments")
    assert [entry["delta"] for entry in ledger] == [3, 2]


def test_a_changed_row_changes_what_its_book_is_found_by(shop: Shop) -> None:
    word, first, second, third = (formats.word() for _ in range(4))
    row = a_row(title=word, subtitle=formats.word(), authors=[f"A {first}", f"B {second}"])
    shop.import_rows([row])
    subtitles = [row["subtitle"], formats.word()]
    assert len(shop.staff.walk("/books", q=subtitles[0])) == 1
    for authors in [f"B {second}", f"A {first}"], [f"C {third}", f"A {first}"]:
        row |= {"authors": authors}
        assert report(shop.import_rows([row])) == outcome(updated=1)
        book = book_of(shop, row["isbn"], word)
        assert [author["name"] for author in book["authors"]] == authors
    row |= {"title": formats.word(), "subtitle": subtitles[1]}
    assert report(shop.import_rows([row])) == outcome(updated=1)
    found = [(first, 1), (second, 0), (third, 1), (word, 0), (row["title"], 1)]
    for searched, books in [*found, (subtitles[0], 0), (subtitles[1], 1)]:
        assert len(shop.staff.walk("/books", q=searched)) == books


def test_an_absent_column_leaves_what_is_stored(shop: Shop) -> None:
    word = formats.word()
    row = a_row(title=word, subtitle="Kept", categories=[f"{word} Cat"])
    shop.import_rows([row])
    lean = {name: value for name, value in row.items() if name not in {"subtitle", "categories"}}
    assert report(shop.import_rows([lean])) == outcome(unchanged=1)
    assert book_of(shop, row["isbn"], word)["subtitle"] == "Kept"
    assert report(shop.import_rows([{**row, "subtitle": None, "categories": []}])) == outcome(
        updated=1
    )
    book = book_of(shop, row["isbn"], word)
    assert (book["subtitle"], book["categories"]) == (None, [])


def test_no_categories_are_null_or_an_empty_array(shop: Shop) -> None:
    word = formats.word()
    row = a_row(title=word, categories=[f"{word} Cat"])
    assert report(shop.import_rows([row])) == outcome(created=1)
    assert report(shop.import_rows([{**row, "categories": None}])) == outcome(updated=1)
    assert book_of(shop, row["isbn"], word)["categories"] == []
    assert report(shop.import_rows([{**row, "categories": []}])) == outcome(unchanged=1)


def test_names_are_counted_once_before_they_are_too_many(shop: Shop) -> None:
    word = formats.word()
    names = [f"{word} {number}" for number in range(50)]
    row = a_row(title=word, authors=[*names, names[0]])
    assert report(shop.import_rows([row])) == outcome(created=1)
    assert [author["name"] for author in book_of(shop, row["isbn"], word)["authors"]] == names


def test_the_description_and_the_cover_stay(shop: Shop) -> None:
    book = shop.book(description="Kept.")
    cover = shop.cover(book)
    authors = [author["name"] for author in book["authors"]]
    row = a_row(isbn=book["isbn"], title=book["title"], authors=authors, price_amount=5)
    assert report(shop.import_rows([row])) == outcome(updated=1)
    after = shop.staff.get(f"/books/{book['id']}").json()
    assert (after["description"], after["cover_url"]) == ("Kept.", cover)


def test_a_name_repeated_in_a_row_counts_once(shop: Shop) -> None:
    word = formats.word()
    row = a_row(title=word, authors=[f"A {word}", f"B {word}", f"A {word}"])
    report(shop.import_rows([row]))
    names = [author["name"] for author in book_of(shop, row["isbn"], word)["authors"]]
    assert names == [f"A {word}", f"B {word}"]


def test_known_authors_and_categories_are_used(shop: Shop) -> None:
    author, category = shop.author(), shop.category(parent=shop.category())
    word = formats.word()
    row = a_row(title=word, authors=[author["name"]], categories=[category["name"]])
    report(shop.import_rows([row]))
    book = book_of(shop, row["isbn"], word)
    assert book["authors"] == [{"id": author["id"], "name": author["name"]}]
    assert book["categories"] == [{"id": category["id"], "name": category["name"]}]
    assert shop.staff.get(f"/categories/{category['id']}").json() == category


def test_an_apostrophe_before_a_formula_is_taken_off(shop: Shop) -> None:
    word = formats.word()
    spelled = {"'=1+1": "=1+1", "'+1": "+1", "'-1": "-1", "'@x": "@x", "''quoted": "'quoted"}
    spelled |= {"'tis": "'tis", "=1+1": "=1+1", "a'=1": "a'=1"}
    for cell, title in spelled.items():
        isbn = formats.isbn()
        report(shop.import_csv(csv(f'{isbn},"{cell} {word}",A,,,1,0')))
        assert book_of(shop, isbn, word)["title"] == f"{title} {word}"


def test_an_empty_import_does_nothing(shop: Shop) -> None:
    assert report(shop.import_csv(csv())) == outcome()
    assert report(shop.import_rows([])) == outcome()


BROKEN = {
    "quote in a cell": (csv(f'{formats.isbn()},a"b"c",A,,,1,0,"'), "text/csv"),
    "open quote": (csv(f'{formats.isbn()},"T,A,,,1,0'), "text/csv"),
    "invalid UTF-8": (csv(f"{formats.isbn()},T,A,,,1,0").encode() + b"\xff", "text/csv"),
    "byte order mark": (b"\xef\xbb\xbf" + csv(f"{formats.isbn()},T,A,,,1,0").encode(), "text/csv"),
    "invalid UTF-8 in NDJSON": (json.dumps(a_row()).encode() + b"\n\xff\n", "application/x-ndjson"),
    "byte order mark in NDJSON": (
        b"\xef\xbb\xbf" + json.dumps(a_row()).encode(),
        "application/x-ndjson",
    ),
}


@pytest.mark.parametrize(("content", "media_type"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("on_error", ["skip", "abort"])
def test_what_cannot_be_read_is_a_400(
    shop: Shop, content: str | bytes, media_type: str, on_error: str
) -> None:
    before = shop.export()
    headers = {"Content-Type": media_type}
    path = f"/books/import?on_error={on_error}"
    answer = shop.staff.post(path, content=content, headers=headers)
    refused(answer, 400, "malformed-request")
    assert shop.export() == before


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace(",stock", ""),
        HEADER.replace("isbn,", ""),
        HEADER + ",pages",
        HEADER + ",title",
        HEADER.upper(),
        HEADER.replace(",", ", "),
        "",
    ],
)
def test_a_wrong_header_is_a_422(shop: Shop, header: str) -> None:
    answer = shop.import_csv(csv(f"{formats.isbn()},T,A,,,1,0", header=header))
    refused(answer, 422, "validation-failed")


def test_a_column_given_twice_is_named(shop: Shop) -> None:
    header = "isbn,title,authors,language,published_year,price_amount,stock,title"
    answer = shop.import_csv(csv(f"{formats.isbn()},T,A,,,1,0,U", header=header))
    refused(answer, 422, "validation-failed", {"/1/title": "duplicate"})


def test_a_wrong_mode_is_named(shop: Shop) -> None:
    answer = shop.import_csv(csv(), on_error="ignore")
    refused(answer, 422, "validation-failed", {"?on_error": "choice"})
