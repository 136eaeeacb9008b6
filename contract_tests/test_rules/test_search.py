"""`q`: every word must begin a word of title, subtitle or author, whatever its case and accents."""

from collections.abc import Callable

import pytest

from harness import formats
from harness.client import Client, invalid
from harness.shop import Shop

Find = Callable[[str], set[str]]


@pytest.fixture(scope="module")
def tag() -> str:
    """A word in every title of this module, so that it finds its own books alone."""
    return formats.word()


@pytest.fixture(scope="module")
def find(anyone: Client, shop: Shop, tag: str) -> Find:
    """The keys of the books that a search finds."""
    marquez = shop.author(f"Gabriel García Márquez {formats.word()}")["id"]
    tolkien = shop.author(f"J. R. R. Tolkien {formats.word()}")["id"]
    books = {
        "solitude": shop.book(title=f"Cien años de soledad {tag}", author_ids=[marquez]),
        "hobbit": shop.book(
            title=f"The Hobbit {tag}",
            subtitle="Or There-and-Back Again",
            author_ids=[tolkien],
        ),
        "both": shop.book(title=f"Letters {tag}", author_ids=[tolkien, marquez]),
        "arabic": shop.book(title=f"أولاد حارتنا {tag}", author_ids=[marquez]),
        "japanese": shop.book(title=f"吾輩は猫である {tag}", author_ids=[marquez]),
        "sharp": shop.book(title=f"Straße №5 ﬁnale {tag}", author_ids=[marquez]),
        "percent": shop.book(title=f"100% of_it {tag}", author_ids=[marquez]),
        "greek": shop.book(title=f"ΟΔΥΣΣΕΥΣ {tag}", author_ids=[marquez]),
    }
    keys = {book["id"]: key for key, book in books.items()}

    def found(q: str) -> set[str]:
        return {keys[book["id"]] for book in anyone.walk("/books", q=f"{q} {tag}", limit=100)}

    return found


def test_a_changed_book_is_found_by_what_it_is_now(anyone: Client, shop: Shop) -> None:
    before, after = ([formats.word() for _ in range(3)] for _ in range(2))
    first, second = (shop.author(f"Author {words[2]}")["id"] for words in (before, after))
    book = shop.book(title=f"A {before[0]}", subtitle=before[1], author_ids=[first])
    path = f"/books/{book['id']}"
    shop.staff.change(path, title=f"A {after[0]}", subtitle=after[1])
    shop.staff.change(path, author_ids=[second])
    for word in before:
        assert anyone.walk("/books", q=word) == []
    for word in after:
        assert [found["id"] for found in anyone.walk("/books", q=word)] == [book["id"]]


def test_a_book_with_another_title_stands_where_that_belongs(anyone: Client, shop: Shop) -> None:
    author = shop.author()["id"]
    first, second = (shop.book(title=title, author_ids=[author]) for title in ("Aa", "Bb"))
    shop.staff.change(f"/books/{first['id']}", title="Cc")
    listed = anyone.walk("/books", author_id=author, sort="title")
    assert [book["id"] for book in listed] == [second["id"], first["id"]]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("hobbit", {"hobbit"}),
        ("HOBBIT", {"hobbit"}),
        ("hob", {"hobbit"}),
        ("obbit", set()),
        ("the hobbit again", {"hobbit"}),
        ("again hob", {"hobbit"}),
        ("back", {"hobbit"}),
        ("there-and", {"hobbit"}),
        ("hobbit missing", set()),
        ("marquez anos", {"solitude"}),
        ("MÁRQUEZ años", {"solitude"}),
        ("ma\u0301rquez an\u0303os", {"solitude"}),
        ("soledad", {"solitude"}),
        ("tolkien", {"hobbit", "both"}),
        ("tolkien garcia", {"both"}),
        ("r r tolk", {"hobbit", "both"}),
        ("أولاد", {"arabic"}),
        ("اولاد", {"arabic"}),
        ("吾輩", {"japanese"}),
        ("猫", set()),
        ("strasse", {"sharp"}),
        ("STRASSE", {"sharp"}),
        ("no5 finale", {"sharp"}),
        ("100", {"percent"}),
        ("100%", {"percent"}),
        ("of_it", {"percent"}),
        ("of", {"percent"}),
        ("οδυσσευς", {"greek"}),
        (
            "! ? ; '",
            {"solitude", "hobbit", "both", "arabic", "japanese", "sharp", "percent", "greek"},
        ),
    ],
)
def test_a_search_finds_exactly(find: Find, q: str, expected: set[str]) -> None:
    assert find(q) == expected


@pytest.mark.parametrize("wildcard", ["%", "_", "h_bbit", "ho%", "\\", "'", '"', "*"])
def test_nothing_is_a_wildcard(find: Find, wildcard: str) -> None:
    assert find(wildcard) == find("".join(c if c.isalnum() else " " for c in wildcard) + " !")


def test_a_q_without_any_word_narrows_nothing(anyone: Client, shop: Shop) -> None:
    (book,) = shop.books(1)
    params = {"q": "!?", "author_id": book["authors"][0]["id"]}
    assert [found["id"] for found in anyone.walk("/books", **params)] == [book["id"]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("q=", "length"),
        ("q=" + "x" * 201, "length"),
        ("q=a%00b", "format"),
        ("q=a%0Ab", "format"),
        ("q=%C2%85", "format"),
        ("q=a&q=b", "repeated"),
    ],
)
def test_a_wrong_q_is_named(anyone: Client, query: str, code: str) -> None:
    invalid(anyone.get(f"/books?{query}"), {"?q": code})


@pytest.mark.parametrize("escape", ["%FF", "%C3%28", "%ED%A0%80", "%", "%zz"])
def test_q_that_is_not_utf_8_is_not_a_server_error(anyone: Client, escape: str) -> None:
    """A framework may refuse such a query, or replace the bytes that it cannot read."""
    assert anyone.get(f"/books?q={escape}").status_code in {200, 400, 422}


def test_a_plus_is_a_blank_in_a_query(anyone: Client, shop: Shop) -> None:
    book = shop.book(title=f"Left {formats.word()}")
    q = book["title"].replace(" ", "+")
    listed = anyone.get(f"/books?q={q}").json()["items"]
    assert [item["id"] for item in listed] == [book["id"]]
