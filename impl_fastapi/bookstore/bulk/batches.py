"""The writes of an import, some rows at a time: each table is read once and written once."""

from collections import defaultdict
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..catalogue.models import (
    Author,
    Book,
    BookAuthor,
    BookCategory,
    Category,
    authors,
    book_authors,
    book_categories,
    books,
    categories,
)
from ..database import columns, insert_missing, now
from ..stock.models import StockAdjustment
from ..text import search_text, title_key
from .formats import BookRow

BATCH = 1000


@dataclass(slots=True)
class Stored:
    """A book as it is, with the names of its authors and categories."""

    row: Any
    authors: list[str] = field(default_factory=list)
    categories: set[str] = field(default_factory=set)


async def stored_books(session: AsyncSession, isbns: list[str]) -> dict[str, Stored]:
    """The books with these ISBNs, by ISBN, locked in id order."""
    shown = (
        books.id,
        books.isbn,
        books.title,
        books.subtitle,
        books.language,
        books.published_year,
        books.price_amount,
        books.on_hand,
        books.reserved,
    )
    statement = select(*shown).where(books.isbn.in_(isbns)).order_by(books.id).with_for_update()
    found = {row.id: Stored(row) for row in await session.execute(statement)}
    written_by, filed_under = await names_of(session, list(found))
    for book_id, book in found.items():
        book.authors, book.categories = written_by[book_id], set(filed_under[book_id])
    return {book.row.isbn: book for book in found.values()}


async def names_of(
    connection: AsyncSession | AsyncConnection, book_ids: list[UUID]
) -> tuple[dict[UUID, list[str]], dict[UUID, list[str]]]:
    """The names of some books' authors, as they are shown, and of their categories, sorted."""
    written_by: dict[UUID, list[str]] = defaultdict(list)
    filed_under: dict[UUID, list[str]] = defaultdict(list)
    if not book_ids:
        return written_by, filed_under
    authors_of = (
        select(book_authors.book_id, authors.name)
        .join(Author, authors.id == book_authors.author_id)
        .where(book_authors.book_id.in_(book_ids))
        .order_by(book_authors.book_id, book_authors.position)
    )
    categories_of = (
        select(book_categories.book_id, categories.name)
        .join(Category, categories.id == book_categories.category_id)
        .where(book_categories.book_id.in_(book_ids))
        .order_by(categories.name)
    )
    for book_id, name in await connection.execute(authors_of):
        written_by[book_id].append(name)
    for book_id, name in await connection.execute(categories_of):
        filed_under[book_id].append(name)
    return written_by, filed_under


class Batch:
    """The writes of some rows, collected so that each table is written at once."""

    def __init__(self, user_id: UUID | None) -> None:
        self.user_id = user_id
        self.moment = now()
        self.new: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []
        self.ledger: list[dict[str, Any]] = []
        self.authors: dict[UUID, list[str]] = {}
        self.categories: dict[UUID, list[str]] = {}

    def create(self, book: BookRow) -> None:
        """A book that was not there."""
        id_ = uuid4()
        moments = {"created_at": self.moment, "updated_at": self.moment}
        self.new.append({"id": id_, "isbn": book.isbn, **_columns(book), **moments})
        self.authors[id_], self.categories[id_] = book.authors, book.categories
        self._move_stock(id_, 0, book.stock)

    def update(self, before: Stored, book: BookRow) -> bool:
        """What a row changes of a book; False if that is nothing."""
        if "subtitle" not in book.model_fields_set:
            book.subtitle = before.row.subtitle
        values, id_ = _columns(book), before.row.id
        relinked = False
        if before.authors != book.authors:
            self.authors[id_], relinked = book.authors, True
        if "categories" in book.model_fields_set and before.categories != set(book.categories):
            self.categories[id_], relinked = book.categories, True
        shown = ("title", "subtitle", "language", "published_year", "price_amount", "on_hand")
        if not relinked and all(getattr(before.row, name) == values[name] for name in shown):
            return False
        self.changed.append({"book": id_, **values, "updated_at": self.moment})
        self._move_stock(id_, before.row.on_hand, book.stock)
        return True

    def _move_stock(self, book_id: UUID, before: int, after: int) -> None:
        if after != before:
            entry = {"book_id": book_id, "delta": after - before, "on_hand": after}
            self.ledger.append(entry)

    async def write(self, session: AsyncSession) -> None:
        """Write it all: one statement a table."""
        connection = await session.connection()
        if self.new:
            # In one order, so that no two imports of the same books wait for each other.
            self.new.sort(key=itemgetter("isbn"))
            fresh = {"reserved": 0, "rating_sum": 0, "rating_count": 0, "version": 1}
            await connection.execute(insert(Book), [{**book, **fresh} for book in self.new])
        if self.changed:
            names = [name for name in self.changed[0] if name != "book"]
            values: dict[str, Any] = {name: bindparam(name) for name in names} | {
                "version": books.version + 1
            }
            statement = update(Book).where(books.id == bindparam("book"))
            await connection.execute(statement.values(values), self.changed)
        await self._write_links(connection, Author, BookAuthor, "author_id", self.authors)
        await self._write_links(connection, Category, BookCategory, "category_id", self.categories)
        if self.ledger:
            common = {"reason": "import", "user_id": self.user_id, "created_at": self.moment}
            entries = [{"id": uuid4(), **entry, **common} for entry in self.ledger]
            await connection.execute(insert(StockAdjustment), entries)

    async def _write_links(
        self,
        connection: AsyncConnection,
        model: type[Author] | type[Category],
        link: type[BookAuthor] | type[BookCategory],
        column: str,
        linked: dict[UUID, list[str]],
    ) -> None:
        known = await _ids(connection, model, {n for names in linked.values() for n in names})
        new = {book["id"] for book in self.new}
        if relinked := [book_id for book_id in linked if book_id not in new]:
            await connection.execute(delete(link).where(columns(link).book_id.in_(relinked)))
        links = [
            {"id": uuid4(), "book_id": book_id, column: known[name]}
            | ({"position": place} if link is BookAuthor else {})
            for book_id, names in linked.items()
            for place, name in enumerate(names)
        ]
        if links:
            await connection.execute(insert(link), links)


async def _ids(
    connection: AsyncConnection, model: type[Author] | type[Category], names: set[str]
) -> dict[str, UUID]:
    table, known = columns(model), dict[str, UUID]()
    wanted = sorted(names)  # one order for every import, so that two cannot lock each other out
    moment = now()
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        statement = select(table.name, table.id).where(table.name.in_(some)).order_by(table.name)
        statement = statement.with_for_update(read=True, key_share=True)  # holds off new names
        known |= dict((await connection.execute(statement)).tuples().all())
        if missing := [name for name in some if name not in known]:
            fresh = {"version": 1, "created_at": moment, "updated_at": moment}
            rows = [{"id": uuid4(), "name": name, **fresh} for name in missing]
            await connection.execute(insert_missing(connection, model), rows)
            known |= dict((await connection.execute(statement)).tuples().all())
    return known


def _columns(book: BookRow) -> dict[str, Any]:
    return {
        "title": book.title,
        "subtitle": book.subtitle,
        "language": book.language,
        "published_year": book.published_year,
        "price_amount": book.price_amount,
        "on_hand": book.stock,
        "title_key": title_key(book.title),
        "search_text": search_text(book.title, book.subtitle, book.authors),
    }
