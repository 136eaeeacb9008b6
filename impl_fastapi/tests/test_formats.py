import io

import pytest

from bookstore.bulk.formats import CSV, NDJSON, Row, header_row, read_rows, write_rows
from bookstore.errors import MalformedRequest, ValidationFailed

BOOK = {
    "isbn": "9780261102217",
    "title": "=1+1",
    "subtitle": None,
    "authors": ["J. R. R. Tolkien", "@somebody"],
    "language": "eng",
    "published_year": -1937,
    "price_amount": 1299,
    "stock": 0,
    "categories": [],
}


def rows(data: bytes, media_type: str = CSV) -> list[Row]:
    return list(read_rows(io.BytesIO(data), media_type))


@pytest.mark.parametrize("media_type", [CSV, NDJSON])
@pytest.mark.parametrize(
    "title", ["=1+1", "'=1", "''", "'", "'quoted'", "a,b", 'a "b"', "-", "; x"]
)
def test_what_is_written_is_read(media_type: str, title: str) -> None:
    book = BOOK | {"title": title}
    (row,) = rows(header_row(media_type) + write_rows([book], media_type), media_type)
    assert row.book is not None
    assert row.book.model_dump() == book


def test_formulas_are_neutralised() -> None:
    assert b",'=1+1," in write_rows([BOOK], CSV)


def test_every_bad_column_is_told_with_the_line_its_row_begins_on() -> None:
    bad = b'9780261102218,"two\nlines",,,,,x,-1,\r\n'
    (row,) = rows(header_row(CSV) + b"\r\n" + bad)
    assert row.book is None
    told = [(error.line, error.column, error.code) for error in row.errors]
    assert told == [
        (3, "isbn", "checksum"),
        (3, "title", "format"),
        (3, "authors", "required"),
        (3, "price_amount", "type"),
        (3, "stock", "range"),
    ]


def test_a_wrong_number_of_cells_is_malformed() -> None:
    (row,) = rows(header_row(CSV) + b"1,2\r\n")
    assert [(error.column, error.code) for error in row.errors] == [(None, "malformed")]


@pytest.mark.parametrize("line", [b"{", b"[1]", b'{"isbn":NaN}', b"x" * 70_000])
def test_a_line_that_is_no_object_is_malformed(line: bytes) -> None:
    first, second = rows(line + b"\n\n" + write_rows([BOOK], NDJSON), NDJSON)
    assert [(error.line, error.code) for error in first.errors] == [(1, "malformed")]
    assert (second.line, second.errors) == (3, ())


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfisbn", b"\xff", b'isbn,"title'])
def test_what_is_no_csv_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedRequest):
        rows(data)


def test_a_wrong_header_is_told() -> None:
    with pytest.raises(ValidationFailed) as problem:
        rows(b"isbn,isbn,colour\r\n")
    told = {(error["pointer"], error["code"]) for error in problem.value.members["errors"]}
    assert {("/1/title", "required"), ("/1/colour", "unexpected"), ("/1/isbn", "duplicate")} <= told
