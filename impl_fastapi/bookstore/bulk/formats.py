"""CSV and NDJSON, row by row: what a book looks like in a file (importBooks, exportBooks)."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO

from pydantic import BeforeValidator, Field, ValidationError

from ..catalogue.schemas import AuthorName, CategoryName, Title
from ..errors import MalformedRequest, ValidationFailed
from ..fields import (
    Isbn,
    Language,
    PublishedYear,
    StrictModel,
    code_and_detail,
    integer,
    items,
    pointer,
)
from ..inputs import parse_json
from ..problem import FieldError

CSV, NDJSON = "text/csv", "application/x-ndjson"
COLUMNS = (
    "isbn",
    "title",
    "subtitle",
    "authors",
    "language",
    "published_year",
    "price_amount",
    "stock",
    "categories",
)
OPTIONAL = {"subtitle", "categories"}
NULLABLE = {"subtitle", "language", "published_year"}
INTEGERS = {"published_year", "price_amount", "stock"}
LISTS = {"authors", "categories"}
TEXTS = {"title", "subtitle", *LISTS}
INTEGER = re.compile("-?[0-9]+")
FORMULA = ("=", "+", "-", "@")
MAX_LINE_BYTES = 65_536
HEADER_DETAILS = {
    "required": "is required",
    "unexpected": "is not a known field",
    "duplicate": "must be unique",
}
csv.field_size_limit(2**27)  # the body has a limit, and so has a line; a cell needs none of its own


def _once(value: object) -> object:
    """Names, of which a repeated one counts once."""
    names = value if isinstance(value, list) else ()
    return list(dict.fromkeys(names)) if names and all(isinstance(n, str) for n in names) else value


def _none(value: object) -> object:
    return [] if value is None else value


class BookRow(StrictModel):
    """One book of an import, its members in the order of the columns."""

    isbn: Isbn
    title: Title
    subtitle: Title | None = None
    authors: Annotated[list[AuthorName], items(1, 50), BeforeValidator(_once)]
    language: Language | None
    published_year: PublishedYear | None
    price_amount: Annotated[int, integer(1, 99_999_999)]
    stock: Annotated[int, integer(0, 999_999_999)]
    categories: Annotated[
        list[CategoryName], items(0, 20), BeforeValidator(_once), BeforeValidator(_none)
    ] = Field(default=[])


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row is bad; `column` is None when the row as a whole is."""

    line: int
    column: str | None
    code: str
    detail: str

    def as_field_error(self) -> FieldError:
        """As problems name it."""
        place = (self.line,) if self.column is None else (self.line, self.column)
        return FieldError("body", pointer(place), self.code, self.detail)


@dataclass(frozen=True, slots=True)
class Row:
    """What a line of the file says: a book, or why it is none."""

    line: int
    book: BookRow | None
    errors: tuple[RowError, ...] = ()


def read_rows(file: BinaryIO, media_type: str) -> Iterator[Row]:
    """The rows of a file.

    Raises MalformedRequest if it is no UTF-8 or no CSV, ValidationFailed for a wrong header.
    """
    if file.read(3) == b"\xef\xbb\xbf":
        raise MalformedRequest("The body must not begin with a byte order mark.")
    file.seek(0)
    try:
        yield from (_read_csv if media_type == CSV else _read_ndjson)(file)
    except UnicodeDecodeError:
        raise MalformedRequest("The file cannot be read: it is not UTF-8.") from None
    except csv.Error as error:
        raise MalformedRequest(f"The file cannot be read: {error}.") from None


class _Lines:
    """The physical lines of a file, and the longest one since it was last asked."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = io.TextIOWrapper(file, "utf-8", newline="")
        self.longest = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            if len(line) * 4 > MAX_LINE_BYTES:
                self.longest = max(self.longest, len(line.encode().rstrip(b"\r\n")))
            yield line

    def too_long(self) -> bool:
        longest, self.longest = self.longest, 0
        return longest > MAX_LINE_BYTES


def _read_csv(file: BinaryIO) -> Iterator[Row]:
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    header = next(reader, [])
    _require_header(header)
    line = reader.line_num + 1
    for cells in reader:
        if lines.too_long():
            yield _bad(line, f"must have at most {MAX_LINE_BYTES} bytes")
        elif cells and len(cells) != len(header):
            yield _bad(line, f"must have {len(header)} cells")
        elif cells:
            yield _check(line, dict(_parse_cells(header, cells)))
        line = reader.line_num + 1
    lines.file.detach()


def _require_header(header: list[str]) -> None:
    faults = [(name, "required") for name in COLUMNS if name not in header and name not in OPTIONAL]
    faults += [(name, "unexpected") for name in header if name not in COLUMNS]
    faults += [(name, "duplicate") for name in COLUMNS if header.count(name) > 1]
    if faults:
        raise ValidationFailed(
            *(
                FieldError("body", pointer((1, name)), code, HEADER_DETAILS[code])
                for name, code in faults
            )
        )


def _parse_cells(header: list[str], cells: list[str]) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(header, cells, strict=True):
        if cell == "":
            if name in NULLABLE:
                yield name, None
            elif name == "categories":
                yield name, []
        elif name in INTEGERS and INTEGER.fullmatch(cell):
            yield name, int(cell[:21])  # More digits are out of range as well.
        elif name in TEXTS:
            plain = cell[1:] if cell[0] == "'" and cell[1:2] in ("'", *FORMULA) else cell
            yield name, plain.split("; ") if name in LISTS else plain
        else:
            yield name, cell


def _read_ndjson(file: BinaryIO) -> Iterator[Row]:
    number = 0
    while chunk := file.readline(MAX_LINE_BYTES + 2):
        number += 1
        line = chunk.rstrip(b"\n").removesuffix(b"\r")
        if len(line) > MAX_LINE_BYTES:
            while not chunk.endswith(b"\n") and (chunk := file.readline(MAX_LINE_BYTES)):
                chunk.decode(errors="ignore")
            yield _bad(number, f"must have at most {MAX_LINE_BYTES} bytes")
        elif line:
            yield _read_object(number, line)


def _read_object(number: int, line: bytes) -> Row:
    line.decode()  # what is no UTF-8 spoils the whole import, not a row
    try:
        value = parse_json(line)
    except MalformedRequest:
        return _bad(number, "must be a JSON object")
    if not isinstance(value, dict):
        return _bad(number, "must be a JSON object")
    return _check(number, value)


def _check(line: int, values: dict[str, Any]) -> Row:
    try:
        return Row(line, BookRow.model_validate(values))
    except ValidationError as error:
        found: dict[str, RowError] = {}
        for fault in error.errors(include_url=False, include_input=False):
            column = str(fault["loc"][0])[:100]
            found.setdefault(column, RowError(line, column, *code_and_detail(fault)))
        return Row(line, None, tuple(found.values()))


def _bad(line: int, detail: str) -> Row:
    return Row(line, None, (RowError(line, None, "malformed", detail),))


def write_rows(books: Iterable[dict[str, Any]], media_type: str) -> bytes:
    """Books, their members named as the columns, as lines of a file."""
    if media_type == NDJSON:
        lines = (json.dumps(book, ensure_ascii=False, separators=(",", ":")) for book in books)
        return "".join(f"{line}\n" for line in lines).encode()
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(name, book[name]) for name in COLUMNS] for book in books)
    return text.getvalue().encode()


def header_row(media_type: str) -> bytes:
    """What a file begins with."""
    return f"{','.join(COLUMNS)}\r\n".encode() if media_type == CSV else b""


def _cell(name: str, value: Any) -> Any:
    if name not in TEXTS or value is None:
        return value
    text = "; ".join(value) if name in LISTS else value
    is_formula = text.startswith(FORMULA) or (text[:1] == "'" and text[1:2] in ("'", *FORMULA))
    return f"'{text}" if is_formula else text
