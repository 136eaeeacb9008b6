"""The whole catalogue in and out: import by ISBN in one transaction, export sorted by ISBN."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

import anyio.to_thread
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from ..catalogue.models import books
from ..errors import MAX_ERRORS, ImportRejected, ServiceUnavailable
from .batches import BATCH, Batch, names_of, stored_books
from .formats import Row, RowError, header_row, read_rows, write_rows


@dataclass(slots=True)
class ImportReport:
    """Rows by outcome; every bad row with its reasons, as far as MAX_ERRORS reaches."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    errors_truncated: bool = False

    def reject(self, errors: Iterable[RowError]) -> None:
        """One more bad row."""
        self.rejected += 1
        self.errors += errors
        if len(self.errors) > MAX_ERRORS:
            del self.errors[MAX_ERRORS:]
            self.errors_truncated = True


async def import_books(
    session: AsyncSession,
    *,
    file: BinaryIO,
    media_type: str,
    on_error: str,
    user_id: UUID | None,
    only_new: bool = False,
) -> ImportReport:
    """Create or update one book a row (importBooks), or with `only_new` leave those that exist.

    Raises ImportRejected with `on_error="abort"` and a bad row, MalformedRequest, ValidationFailed.
    """
    report, seen = ImportReport(), set[int]()
    rows = read_rows(file, media_type)
    # Parsing happens in a thread: a big file must not hold up the event loop.
    while batch := await anyio.to_thread.run_sync(_next_batch, rows):
        good = [row for row in batch if _is_good(row, report, seen)]
        await _import_batch(session, good, report, user_id, only_new=only_new)
    if report.rejected and on_error == "abort":
        errors = [error.as_field_error() for error in report.errors]
        raise ImportRejected(errors, truncated=report.errors_truncated)
    report.errors.sort(key=lambda error: error.line)
    return report


async def export_books(engine: AsyncEngine, *, media_type: str) -> AsyncIterator[bytes]:
    """Every book, sorted by ISBN, in pieces (exportBooks)."""
    yield header_row(media_type)
    after = ""
    while True:
        async with engine.connect() as connection:
            books = await _export_batch(connection, after)
        if not books:
            return
        yield await anyio.to_thread.run_sync(write_rows, books, media_type)
        after = books[-1]["isbn"]


def _next_batch(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, BATCH))


def _is_good(row: Row, report: ImportReport, seen: set[int]) -> bool:
    if row.book is None:
        report.reject(row.errors)
        return False
    isbn = int(row.book.isbn)
    if isbn in seen:
        report.reject([RowError(row.line, "isbn", "duplicate", "must be unique")])
        return False
    seen.add(isbn)
    return True


async def _import_batch(
    session: AsyncSession,
    rows: list[Row],
    report: ImportReport,
    user_id: UUID | None,
    *,
    only_new: bool,
) -> None:
    stored = await stored_books(session, [row.book.isbn for row in rows if row.book])
    batch = Batch(user_id)
    for row in rows:
        if row.book is None:
            continue
        before = stored.get(row.book.isbn)
        if before is None:
            batch.create(row.book)
            report.created += 1
        elif only_new:
            report.unchanged += 1
        elif row.book.stock < before.row.reserved:
            detail = f"must not be less than the {before.row.reserved} reserved copies"
            report.reject([RowError(row.line, "stock", "range", detail)])
        elif batch.update(before, row.book):
            report.updated += 1
        else:
            report.unchanged += 1
    try:
        await batch.write(session)
    except IntegrityError as error:  # another writer was faster with one of the names or ISBNs
        raise ServiceUnavailable from error


async def _export_batch(connection: AsyncConnection, after: str) -> list[dict[str, Any]]:
    statement = select(
        books.id,
        books.isbn,
        books.title,
        books.subtitle,
        books.language,
        books.published_year,
        books.price_amount,
        books.on_hand,
    )
    page = statement.where(books.isbn > after).order_by(books.isbn).limit(BATCH)
    rows = (await connection.execute(page)).all()
    authors, categories = await names_of(connection, [row.id for row in rows])
    return [
        {
            "isbn": row.isbn,
            "title": row.title,
            "subtitle": row.subtitle,
            "authors": authors[row.id],
            "language": row.language,
            "published_year": row.published_year,
            "price_amount": row.price_amount,
            "stock": row.on_hand,
            "categories": categories[row.id],
        }
        for row in rows
    ]
