"""A bad row is told by the line it begins on, its column and a code; good rows go in, or none."""

import pytest

from harness import formats
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.sales import Sales
from harness.shop import Shop

HEADER = "isbn,title,authors,language,published_year,price_amount,stock,subtitle,categories"
COLUMNS = HEADER.split(",")
GOOD = {"title": "T", "authors": "A", "price_amount": "1", "stock": "0"}

Fault = tuple[int, str | None, str]


def line(**cells: str) -> str:
    """A row of CSV: a good one with some cells set otherwise."""
    row = {"isbn": formats.isbn(), **GOOD, **cells}
    return ",".join(row.get(column, "") for column in COLUMNS)


def faults(told: Json) -> list[Fault]:
    return [(error["line"], error["column"], error["code"]) for error in told["errors"]]


def rejected(shop: Shop, *rows: str) -> list[Fault]:
    """The faults of an import that takes nothing in."""
    told = succeeded(shop.import_csv("\r\n".join([HEADER, *rows, ""])), 200).json()
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, 0)
    assert told["rejected"] == len({error["line"] for error in told["errors"]})
    return faults(told)


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("isbn", "", "required"),
        ("isbn", "9780261102210", "checksum"),
        ("isbn", "978026110221", "length"),
        ("isbn", "978-0-261-10221-7", "length"),
        ("isbn", "1230261102217", "format"),
        ("title", "", "required"),
        ("title", "x" * 501, "length"),
        ("title", '"a\nb"', "format"),
        ("title", "a\x01b", "format"),
        ("subtitle", "x" * 501, "length"),
        ("authors", "", "required"),
        ("authors", "x" * 201, "length"),
        ("authors", "; ".join(f"A{n}" for n in range(51)), "length"),
        ("language", "EN", "format"),
        ("language", "english", "length"),
        ("published_year", "1937.5", "type"),
        ("published_year", "MCMXXXVII", "type"),
        ("published_year", "2101", "range"),
        ("published_year", "-3001", "range"),
        ("published_year", "9" * 30, "range"),
        ("price_amount", "", "required"),
        ("price_amount", "12.99", "type"),
        ("price_amount", "0", "range"),
        ("price_amount", "100000000", "range"),
        ("stock", "", "required"),
        ("stock", "-1", "range"),
        ("stock", "1000000000", "range"),
        ("categories", "x" * 101, "length"),
        ("categories", "; ".join(f"C{n}" for n in range(21)), "length"),
    ],
    ids=lambda value: value[:20],
)
def test_a_bad_cell_is_told(shop: Shop, column: str, cell: str, code: str) -> None:
    assert rejected(shop, line(**{column: cell})) == [(2, column, code)]


def test_every_bad_cell_of_a_row_is_told(shop: Shop) -> None:
    row = line(isbn="1", title="", price_amount="x", stock="-1")
    expected = [(2, "isbn", "length"), (2, "title", "required")]
    assert rejected(shop, row) == [*expected, (2, "price_amount", "type"), (2, "stock", "range")]


@pytest.mark.parametrize("row", ["1,2,3", line() + ",more"], ids=["short", "long"])
def test_a_row_with_a_wrong_number_of_cells_is_bad_as_a_whole(shop: Shop, row: str) -> None:
    assert rejected(shop, row) == [(2, None, "malformed")]


def test_a_row_is_told_by_the_line_it_begins_on(shop: Shop) -> None:
    good = line(title='"with ""quotes"", commas"', isbn=formats.isbn())
    broken_over_lines = line(title='"one\ntwo\nthree"')
    rows = [good, broken_over_lines, "", line(isbn="1")]
    told = succeeded(shop.import_csv("\n".join([HEADER, *rows, ""])), 200).json()
    assert (told["created"], told["rejected"]) == (1, 2)
    assert faults(told) == [(3, "title", "format"), (7, "isbn", "length")]


def test_a_repeated_isbn_is_bad_where_it_is_repeated(shop: Shop) -> None:
    isbn = formats.isbn()
    text = "\n".join([HEADER, line(isbn=isbn, title=""), line(isbn=isbn), line(isbn=isbn), ""])
    told = succeeded(shop.import_csv(text), 200).json()
    assert (told["created"], told["rejected"]) == (1, 2)
    assert faults(told) == [(2, "title", "required"), (4, "isbn", "duplicate")]


def test_a_row_with_fewer_copies_than_are_reserved_is_bad(sales: Sales, reader: Client) -> None:
    """Copies that orders were promised stay; the other rows of the file go in."""
    shop, book = sales.shop, sales.book(5)
    sales.order(reader, (book, 3))
    promised = {"isbn": book["isbn"], "title": book["title"]}
    rows = [line(**promised, stock="2"), line()]
    told = succeeded(shop.import_csv("\n".join([HEADER, *rows])), 200).json()
    assert (told["created"], told["updated"], told["rejected"]) == (1, 0, 1)
    assert faults(told) == [(2, "stock", "range")]
    assert sales.stock(book) == (5, 3)
    told = succeeded(shop.import_csv("\n".join([HEADER, line(**promised, stock="3")]))).json()
    assert (told["updated"], told["rejected"]) == (1, 0)
    assert sales.stock(book) == (3, 3)


def test_good_rows_go_in_and_bad_ones_are_left_out(shop: Shop) -> None:
    isbns = [formats.isbn() for _ in range(3)]
    rows = [line(isbn=isbns[0]), line(isbn=isbns[1], price_amount="0"), line(isbn=isbns[2])]
    told = succeeded(shop.import_csv("\n".join([HEADER, *rows])), 200).json()
    assert (told["created"], told["rejected"]) == (2, 1)
    assert [bool(shop.by_isbn(isbn)) for isbn in isbns] == [True, False, True]


def test_abort_takes_all_or_nothing(shop: Shop) -> None:
    name = f"Author {formats.word()}"
    rows = [line(authors=name, categories=name), line(isbn="1", title=""), line(price_amount="0")]
    before = shop.export()
    answer = shop.import_csv("\n".join([HEADER, *rows]), on_error="abort")
    expected = {"/3/isbn": "length", "/3/title": "required", "/4/price_amount": "range"}
    refused(answer, 422, "import-rejected", expected)
    answer = shop.import_csv("\n".join([HEADER, rows[0], "1,2"]), on_error="abort")
    refused(answer, 422, "import-rejected", {"/3": "malformed"})
    assert shop.export() == before
    assert name not in {author["name"] for author in shop.staff.walk("/authors", limit=100)}
    told = succeeded(shop.import_csv("\n".join([HEADER, rows[0]]), on_error="abort"), 200).json()
    assert told["created"] == 1


NDJSON = '{"isbn":"%s","title":"T","authors":["A"],"language":null,"published_year":null,'
NDJSON += '"price_amount":1,"stock":0%s}'


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        ("{", None, "malformed"),
        ("nonsense", None, "malformed"),
        ("[]", None, "malformed"),
        ("1", None, "malformed"),
        (NDJSON % (formats.isbn(), ',"pages":1'), "pages", "unexpected"),
        (NDJSON % (formats.isbn(), ',"subtitle":1'), "subtitle", "type"),
        (NDJSON % (formats.isbn(), ',"subtitle":""'), "subtitle", "length"),
        (NDJSON % (formats.isbn(), ',"title":null'), "title", "type"),
        (NDJSON % (formats.isbn(), ',"stock":true'), "stock", "type"),
        (NDJSON % (formats.isbn(), ',"stock":"1"'), "stock", "type"),
        (NDJSON % (formats.isbn(), ',"stock":1.5'), "stock", "type"),
        (NDJSON % (formats.isbn(), ',"authors":"A"'), "authors", "type"),
        (NDJSON % (formats.isbn(), ',"authors":[]'), "authors", "length"),
        (NDJSON % (formats.isbn(), ',"authors":["A",1]'), "authors", "type"),
        (NDJSON % (formats.isbn(), ',"authors":["A; B"]'), "authors", "format"),
        (NDJSON % ("1", ""), "isbn", "length"),
        (NDJSON % (formats.isbn(), ',"subtitle":"%s"' % ("x" * 66000)), None, "malformed"),
    ],
    ids=lambda value: str(value)[-24:],
)
def test_a_bad_line_of_ndjson_is_told(shop: Shop, text: str, column: str | None, code: str) -> None:
    good = NDJSON % (formats.isbn(), "")
    headers = {"Content-Type": "application/x-ndjson"}
    lines = f"{good}\n\n{text}\n"
    answer = shop.staff.post("/books/import", content=lines, headers=headers)
    told = succeeded(answer, 200).json()
    assert (told["created"], told["rejected"]) == (1, 1)
    assert faults(told) == [(3, column, code)]


@pytest.mark.parametrize("member", [',"price_amount":NaN', r',"title":"\ud800"'])
def test_line_of_json_that_no_schema_allows_is_a_bad_row(shop: Shop, member: str) -> None:
    good, bad = NDJSON % (formats.isbn(), ""), NDJSON % (formats.isbn(), member)
    headers = {"Content-Type": "application/x-ndjson"}
    answer = shop.staff.post("/books/import", content=f"{bad}\n{good}\n", headers=headers)
    told = succeeded(answer, 200).json()
    assert (told["created"], told["rejected"]) == (1, 1)
    assert {line for line, _, _ in faults(told)} == {1}


def test_a_missing_member_of_ndjson_is_told(shop: Shop) -> None:
    told = succeeded(shop.import_rows([{"isbn": formats.isbn(), "title": "T"}]), 200).json()
    assert told["rejected"] == 1
    missing = {"authors", "language", "published_year", "price_amount", "stock"}
    assert {error["column"] for error in told["errors"]} == missing
    assert {error["code"] for error in told["errors"]} == {"required"}


def test_a_line_that_is_too_long_is_a_bad_row(shop: Shop) -> None:
    rows = [line(title="x" * 66000), line()]
    told = succeeded(shop.import_csv("\n".join([HEADER, *rows, ""])), 200).json()
    assert (told["created"], told["rejected"]) == (1, 1)
    assert told["errors"][0]["line"] == 2


def test_only_so_many_errors_are_told(shop: Shop) -> None:
    rows = ",,,,,1,1,,\n" * 3400
    told = succeeded(shop.import_csv(f"{HEADER}\n{rows}"), 200).json()
    assert (told["created"], told["rejected"]) == (0, 3400)
    assert len(told["errors"]) == 10_000
    assert told["errors_truncated"] is True
