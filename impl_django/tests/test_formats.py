import io

import pytest

from bookstore.bulk.formats import ImportRow, read_rows, write_rows
from bookstore.bulk.schemas import COLUMNS
from bookstore.errors import MalformedRequest, ValidationFailed

HEADER = "isbn,title,authors,language,published_year,price_amount,stock\r\n"


def read(text: str, media_type: str = "text/csv") -> list[ImportRow]:
    return list(read_rows(io.BytesIO(text.encode()), media_type))


def test_a_row_begins_where_its_first_line_is() -> None:
    text = HEADER + '9780261102217,"The\r\nHobbit",A,,,1,1\r\n\r\nx,T,A,,,1,1\r\n'
    assert [(row.line, [error.column for error in row.errors]) for row in read(text)] == [
        (2, ["title"]),
        (5, ["isbn"]),
    ]


def test_formulas_come_back_as_they_were() -> None:
    titles = ["=1+1", "'=1+1", "''", "'tis", "-1", "plain"]
    book = dict.fromkeys(COLUMNS) | {
        "isbn": "9780261102217",
        "price_amount": 1,
        "stock": 0,
        "categories": [],
    }
    books = [book | {"title": title, "authors": [title]} for title in titles]
    text = "".join(write_rows(books, "text/csv"))
    assert "\r\n9780261102217,'=1+1," in text
    assert [(row.values["title"], row.values["authors"]) for row in read(text)] == [
        (t, [t]) for t in titles
    ]


@pytest.mark.parametrize("text", ["\ufeff" + HEADER, HEADER + 'a,"b"c,d,e,f,g,h'])
def test_what_is_no_csv_is_refused_whole(text: str) -> None:
    with pytest.raises(MalformedRequest):
        read(text)


def test_the_header_is_held_to_the_columns() -> None:
    with pytest.raises(ValidationFailed) as failure:
        read("isbn,isbn,pages\r\n")
    codes = {(e["pointer"], e["code"]) for e in failure.value.extension["errors"]}
    assert {("/1/title", "required"), ("/1/pages", "unexpected"), ("/1/isbn", "duplicate")} <= codes


def test_a_line_of_ndjson_that_is_no_object_is_bad() -> None:
    (row,) = read("[1]\n", "application/x-ndjson")
    assert [(error.column, error.code) for error in row.errors] == [(None, "malformed")]
