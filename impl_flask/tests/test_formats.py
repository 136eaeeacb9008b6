"""Rows out of files, and files out of books."""

import io

import pytest

from bookstore.bulk.formats import ImportRow, read_rows, write_rows
from bookstore.errors import MalformedRequest, ValidationFailed

HEADER = "isbn,title,authors,language,published_year,price_amount,stock\r\n"


def read(text: str) -> list[ImportRow]:
    return list(read_rows(io.BytesIO(text.encode()), "text/csv"))


def test_a_row_names_the_line_it_begins_on() -> None:
    rows = read(
        HEADER + '9780261102217,"two\nlines",A,eng,1937,1299,42\r\nx,T,A,eng,1937,1299,42\r\n'
    )
    assert [(row.line, [(e.column, e.code) for e in row.errors]) for row in rows] == [
        (2, [("title", "format")]),
        (4, [("isbn", "length")]),
    ]


def test_several_authors_and_an_empty_cell() -> None:
    (row,) = read(HEADER + "9780261102217,T,A; B; A,,,1299,42\r\n")
    assert row.values["authors"] == ["A", "B"]
    assert row.values["language"] is row.values["published_year"] is None


@pytest.mark.parametrize("text", ["\ufeff" + HEADER, HEADER + '"unclosed', HEADER + '"a"b,c\r\n'])
def test_no_well_formed_csv(text: str) -> None:
    with pytest.raises(MalformedRequest):
        read(text)


def test_a_wrong_header_is_told_column_by_column() -> None:
    with pytest.raises(ValidationFailed) as caught:
        read("isbn,title,title,authors,language,published_year,price_amount,shelf\r\n")
    errors = {(e["pointer"], e["code"]) for e in caught.value.extension["errors"]}
    assert errors == {
        ("/1/stock", "required"),
        ("/1/shelf", "unexpected"),
        ("/1/title", "duplicate"),
    }


@pytest.mark.parametrize("title", ["=1+1", "'=1+1", "''", "'Salem's Lot", "-800", "@home", "plain"])
def test_a_title_survives_export_and_import(title: str) -> None:
    book = {
        "isbn": "9780261102217",
        "title": title,
        "subtitle": None,
        "authors": ["A"],
        "language": "eng",
        "published_year": 1937,
        "price_amount": 1299,
        "stock": 42,
        "categories": [],
    }
    text = "".join(write_rows([book], "text/csv"))
    assert not text.splitlines()[1].split(",")[1].startswith(("=", "+", "-", "@"))
    (row,) = read(text)
    assert row.values["title"] == title
