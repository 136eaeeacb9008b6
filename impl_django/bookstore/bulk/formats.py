"""CSV (RFC 4180) and NDJSON: rows out of a file, and books into one."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from rest_framework.exceptions import ValidationError

from ..errors import FieldError, MalformedRequest, ValidationFailed
from ..fields import StrictSerializer, field_errors
from ..http import parse_json
from .schemas import COLUMNS, LIST_COLUMNS, REQUIRED_COLUMNS, CsvRow, NdjsonRow

MAX_LINE = 65_536
FORMULA = ("=", "+", "-", "@")
TEXT_COLUMNS = ("title", "subtitle", "authors", "categories")


@dataclass(frozen=True, slots=True)
class RowError:
    """An error in the row that begins on `line`; `column` is None if the whole row is bad."""

    line: int
    column: str | None
    code: str
    detail: str


@dataclass(slots=True)
class ImportRow:
    """A row of the file: its values where it is good, else what is wrong with it."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)


def read_rows(file: BinaryIO, media_type: str) -> Iterator[ImportRow]:
    """Every row of `file`, good or bad; blank lines are none.

    Raises:
        MalformedRequest: it is no UTF-8, or no well-formed CSV.
        ValidationFailed: the CSV header misses, repeats or invents a column.
    """
    if file.read(3) == b"\xef\xbb\xbf":
        raise MalformedRequest("The body must not begin with a byte order mark.")
    file.seek(0)
    text = io.TextIOWrapper(
        file, encoding="utf-8", newline="" if media_type == "text/csv" else "\n"
    )
    try:
        yield from _read_csv(text) if media_type == "text/csv" else _read_ndjson(text)
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedRequest(f"The file cannot be read: {error}."[:1000]) from None
    finally:
        if not file.closed:
            text.detach()


def _lines(text: io.TextIOWrapper, too_long: list[int]) -> Iterator[str]:
    """The lines of `text`; an over-long one is blank, its number goes into `too_long`."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE and not line.endswith("\n"):
            while (rest := text.readline(MAX_LINE)) and not rest.endswith("\n"):
                pass
            too_long.append(number)
            line = "\n"
        yield line


def _read_csv(text: io.TextIOWrapper) -> Iterator[ImportRow]:
    too_long: list[int] = []
    reader = csv.reader(_lines(text, too_long), strict=True)
    header = next(reader, [])
    _require_columns(header)
    serializer, line = CsvRow(), reader.line_num
    for cells in reader:
        begins, line = line + 1, reader.line_num
        if too_long:
            yield _malformed(too_long.pop(), f"must have at most {MAX_LINE} bytes")
        elif not cells:
            continue
        elif len(cells) != len(header):
            yield _malformed(begins, f"must have {len(header)} cells")
        else:
            yield _load(serializer, begins, _from_cells(dict(zip(header, cells, strict=True))))


def _require_columns(header: list[str]) -> None:
    errors = [
        FieldError("body", f"/1/{name}", code, detail)
        for names, code, detail in (
            (sorted(REQUIRED_COLUMNS - set(header)), "required", "is required"),
            (
                [name for name in dict.fromkeys(header) if name not in COLUMNS],
                "unexpected",
                "is not a known field",
            ),
            (
                [n for n in dict.fromkeys(header) if header.count(n) > 1],
                "duplicate",
                "must be unique",
            ),
        )
        for name in names
    ]
    if errors:
        raise ValidationFailed(*errors)


def _from_cells(cells: dict[str, str]) -> dict[str, Any]:
    """Values of CSV cells: an empty cell is null, or missing where a value is required."""
    values: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell == "":
            if name in ("isbn", "title", "authors", "price_amount", "stock"):
                continue
            values[name] = None
        elif name in LIST_COLUMNS:
            values[name] = _restore(cell).split("; ")
        else:
            values[name] = _restore(cell) if name in TEXT_COLUMNS else cell
    return values


def _read_ndjson(text: io.TextIOWrapper) -> Iterator[ImportRow]:
    too_long: list[int] = []
    serializer = NdjsonRow()
    for number, line in enumerate(_lines(text, too_long), 1):
        if too_long:
            yield _malformed(too_long.pop(), f"must have at most {MAX_LINE} bytes")
        elif line.strip():
            try:
                value = parse_json(line.encode())
            except MalformedRequest:
                yield _malformed(number, "must be a JSON object")
            else:
                yield (
                    _load(serializer, number, value)
                    if isinstance(value, dict)
                    else _malformed(number, "must be a JSON object")
                )


def _load(serializer: StrictSerializer, line: int, value: Any) -> ImportRow:
    try:
        return ImportRow(line, dict(serializer.run_validation(value)))
    except ValidationError as error:
        found = {
            (e.where.split("/")[1] if e.where else None): e
            for e in reversed(field_errors(error, "body"))
        }
        order = {name: position for position, name in enumerate(COLUMNS)}
        errors = [RowError(line, name, e.code, e.detail) for name, e in found.items()]
        return ImportRow(
            line, errors=sorted(errors, key=lambda e: order.get(e.column or "", len(order)))
        )


def _malformed(line: int, detail: str) -> ImportRow:
    return ImportRow(line, errors=[RowError(line, None, "malformed", detail)])


def write_rows(books: Iterable[dict[str, Any]], media_type: str) -> Iterator[str]:
    """`books` as a file; importing it changes nothing."""
    if media_type == "text/csv":
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(COLUMNS)
        for book in books:
            writer.writerow([_to_cell(name, book[name]) for name in COLUMNS])
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
        yield buffer.getvalue()
    else:
        for book in books:
            yield json.dumps(book, ensure_ascii=False, separators=(",", ":")) + "\n"


def _to_cell(name: str, value: Any) -> Any:
    if name in LIST_COLUMNS:
        value = "; ".join(value)
    return _neutralise(value) if name in TEXT_COLUMNS and value else value


def _neutralise(text: str) -> str:
    """Keep a spreadsheet from taking `text` for a formula."""
    return "'" + text if text.startswith(FORMULA) or _is_neutralised(text) else text


def _restore(text: str) -> str:
    """The inverse of neutralising."""
    return text[1:] if _is_neutralised(text) else text


def _is_neutralised(text: str) -> bool:
    return text.startswith("'") and text[1:].startswith((*FORMULA, "'"))
