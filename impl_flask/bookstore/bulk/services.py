"""Import and export of the catalogue: bulk statements, batch by batch, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..catalogue.models import Author, Book, BookAuthor, BookCategory, Category
from ..database import AnyRow, db, reading, utc_now
from ..errors import FieldError, ImportRejected, ServiceUnavailable
from ..stock.models import StockAdjustment
from ..text import search_text, title_key
from .formats import ImportRow, RowError

BATCH = 1000
MAX_ERRORS = 10_000


@dataclass(slots=True)
class ImportReport:
    """How many rows had which outcome, and what is wrong with the bad ones."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    errors_truncated: bool = False

    def reject(self, errors: list[RowError]) -> None:
        """One bad row more."""
        self.rejected += 1
        room = MAX_ERRORS - len(self.errors)
        self.errors += errors[:room]
        self.errors_truncated |= len(errors) > room


def import_books(
    *, rows: Iterable[ImportRow], abort: bool, user_id: UUID | None = None, only_new: bool = False
) -> ImportReport:
    """Create or update one book per row, or with `only_new` keep the books that exist.

    The caller commits.

    Raises:
        MalformedRequest, ValidationFailed: the file as a whole is bad.
        ImportRejected: a row is bad and `abort` is set.
    """
    report, remaining = ImportReport(), iter(rows)
    seen: dict[int, int] = {}
    while batch := list(islice(remaining, BATCH)):
        accepted = []
        for row in batch:
            errors = row.errors or _repeated(row, seen)
            if errors:
                report.reject(errors)
            else:
                accepted.append(row)
        try:
            _Batch(accepted, report, user_id, only_new=only_new).write()
        except IntegrityError:  # somebody was faster with one of the names or ISBNs: try again
            raise ServiceUnavailable from None
    if abort and report.rejected:
        faults = [
            FieldError("body", f"/{e.line}" + f"/{e.column}" * bool(e.column), e.code, e.detail)
            for e in report.errors
        ]
        raise ImportRejected(faults, truncated=report.errors_truncated)
    return report


def _repeated(row: ImportRow, seen: dict[int, int]) -> list[RowError]:
    first = seen.setdefault(int(row.values["isbn"]), row.line)
    if first == row.line:
        return []
    return [RowError(row.line, "isbn", "duplicate", "must be unique")]


class _Batch:
    """Some rows, what is stored of their books, and what has to change."""

    def __init__(
        self, rows: list[ImportRow], report: ImportReport, user_id: UUID | None, *, only_new: bool
    ) -> None:
        self.report, self.user_id, self.at = report, user_id, utc_now()
        self.books = self._stored_books(rows)
        if only_new:
            report.unchanged += len(self.books)
            rows = [row for row in rows if row.values["isbn"] not in self.books]
        self.rows = [row for row in rows if self._stock_suffices(row)]
        self.author_ids = self._ids(
            Author, {name for row in self.rows for name in row.values["authors"]}
        )
        self.category_ids = self._ids(
            Category, {name for row in self.rows for name in row.values.get("categories") or ()}
        )
        self.inserts: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.author_links: dict[UUID, list[UUID]] = {}
        self.category_links: dict[UUID, list[UUID]] = {}
        self.movements: list[dict[str, Any]] = []

    def write(self) -> None:
        """Compare every row with what is stored, and write what differs."""
        authors, categories = self._stored_links()
        for row in self.rows:
            stored = self.books.get(row.values["isbn"])
            if stored is None:
                self._create(row.values)
            else:
                self._update(row.values, stored, authors[stored.id], categories[stored.id])
        self._flush()

    def _create(self, values: dict[str, Any]) -> None:
        book_id = uuid4()
        self.inserts.append(
            {
                "id": book_id,
                "isbn": values["isbn"],
                "on_hand": values["stock"],
                "created_at": self.at,
                **self._columns(values, None),
            }
        )
        self.author_links[book_id] = [self.author_ids[name] for name in values["authors"]]
        self.category_links[book_id] = [
            self.category_ids[name] for name in values.get("categories") or ()
        ]
        self._move(book_id, values["stock"], values["stock"])
        self.report.created += 1

    def _update(
        self, values: dict[str, Any], stored: AnyRow, authors: list[UUID], categories: list[UUID]
    ) -> None:
        columns = self._columns(values, stored)
        wanted = [self.author_ids[name] for name in values["authors"]]
        new_categories = [self.category_ids[name] for name in values.get("categories") or ()]
        relinked = wanted != authors
        recategorised = "categories" in values and set(new_categories) != set(categories)
        differs = any(
            getattr(stored, name) != columns[name]
            for name in ("title", "subtitle", "language", "published_year", "price_amount")
        )
        if not (relinked or recategorised or differs or stored.on_hand != values["stock"]):
            self.report.unchanged += 1
            return
        self.updates.append({"key": stored.id, "on_hand": values["stock"], **columns})
        if relinked:
            self.author_links[stored.id] = wanted
        if recategorised:
            self.category_links[stored.id] = new_categories
        self._move(stored.id, values["stock"] - stored.on_hand, values["stock"])
        self.report.updated += 1

    def _columns(self, values: dict[str, Any], stored: AnyRow | None) -> dict[str, Any]:
        """What a row says of a book; an absent column leaves what is stored."""
        kept = {
            n: getattr(stored, n) if stored else None
            for n in ("subtitle", "language", "published_year")
        }
        given = {name: values.get(name, kept[name]) for name in kept}
        title = values["title"]
        return {
            **given,
            "title": title,
            "price_amount": values["price_amount"],
            "title_key": title_key(title),
            "search_text": search_text(title, given["subtitle"], values["authors"]),
            "updated_at": self.at,
        }

    def _move(self, book_id: UUID, delta: int, on_hand: int) -> None:
        if delta:
            self.movements.append(
                {
                    "book_id": book_id,
                    "delta": delta,
                    "reason": "import",
                    "on_hand": on_hand,
                    "user_id": self.user_id,
                    "created_at": self.at,
                }
            )

    def _flush(self) -> None:
        # In one order, so that no two imports of the same books wait for each other.
        _insert(Book, sorted(self.inserts, key=itemgetter("isbn")))
        if self.updates:
            change = update(_table(Book)).where(Book.id == bindparam("key"))
            names = [name for name in self.updates[0] if name != "key"]
            values: dict[str, Any] = {name: bindparam(name) for name in names}
            db.session.connection().execute(
                change.values(version=Book.version + 1, **values), self.updates
            )
        if self.author_links:
            db.session.execute(
                delete(BookAuthor).where(BookAuthor.book_id.in_(self._old(self.author_links)))
            )
        if self.category_links:
            db.session.execute(
                delete(BookCategory).where(BookCategory.book_id.in_(self._old(self.category_links)))
            )
        _insert(
            BookAuthor,
            [
                {"book_id": book, "author_id": author, "position": position}
                for book, authors in self.author_links.items()
                for position, author in enumerate(authors)
            ],
        )
        _insert(
            BookCategory,
            [
                {"book_id": b, "category_id": c}
                for b, categories in self.category_links.items()
                for c in categories
            ],
        )
        _insert(StockAdjustment, self.movements)

    def _old(self, links: dict[UUID, list[UUID]]) -> list[UUID]:
        stored = {book.id for book in self.books.values()}
        return [book_id for book_id in links if book_id in stored]

    def _stored_books(self, rows: list[ImportRow]) -> dict[str, AnyRow]:
        wanted = select(
            Book.id,
            Book.isbn,
            Book.title,
            Book.subtitle,
            Book.language,
            Book.published_year,
            Book.price_amount,
            Book.on_hand,
            Book.reserved,
        ).where(Book.isbn.in_([row.values["isbn"] for row in rows]))
        return {
            book.isbn: book
            for book in db.session.execute(wanted.order_by(Book.id).with_for_update())
        }

    def _stock_suffices(self, row: ImportRow) -> bool:
        stored = self.books.get(row.values["isbn"])
        if stored is None or row.values["stock"] >= stored.reserved:
            return True
        detail = f"must not be less than the {stored.reserved} reserved copies"
        self.report.reject([RowError(row.line, "stock", "range", detail)])
        return False

    def _stored_links(self) -> tuple[dict[UUID, list[UUID]], dict[UUID, list[UUID]]]:
        ids = [book.id for book in self.books.values()]
        authors: dict[UUID, list[UUID]] = defaultdict(list)
        categories: dict[UUID, list[UUID]] = defaultdict(list)
        if ids:
            links = select(BookAuthor.book_id, BookAuthor.author_id).where(
                BookAuthor.book_id.in_(ids)
            )
            for book_id, author_id in db.session.execute(
                links.order_by(BookAuthor.book_id, BookAuthor.position)
            ):
                authors[book_id].append(author_id)
            places = select(BookCategory.book_id, BookCategory.category_id)
            for book_id, category_id in db.session.execute(
                places.where(BookCategory.book_id.in_(ids))
            ):
                categories[book_id].append(category_id)
        return authors, categories

    def _ids(self, model: type[Author] | type[Category], names: set[str]) -> dict[str, UUID]:
        """The ids of authors or categories by name; those that are missing are made."""
        found = dict(
            db.session.execute(select(model.name, model.id).where(model.name.in_(names)))
            .tuples()
            .all()
        )
        missing = {name: uuid4() for name in sorted(names - found.keys())}
        times = {"created_at": self.at, "updated_at": self.at}
        _insert(model, [{"id": ident, "name": name, **times} for name, ident in missing.items()])
        return {**found, **missing}


def _table(model: Any) -> Table:
    """The table itself: bulk statements go past the mapper."""
    table: Table = model.__table__
    return table


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.connection().execute(insert(_table(model)), rows)


def export_books() -> Iterator[dict[str, Any]]:
    """Every book with the import's columns, by ISBN, a batch in memory at a time."""
    books = (
        select(
            Book.id,
            Book.isbn,
            Book.title,
            Book.subtitle,
            Book.language,
            Book.published_year,
            Book.price_amount,
            Book.on_hand,
        )
        .order_by(Book.isbn)
        .limit(BATCH)
    )
    last = ""
    while True:
        with reading() as connection:
            batch = connection.execute(books.where(Book.isbn > last)).all()
            ids = [book.id for book in batch]
            authors = _names(
                connection, Author, BookAuthor, BookAuthor.author_id, ids, BookAuthor.position
            )
            categories = _names(
                connection, Category, BookCategory, BookCategory.category_id, ids, Category.name
            )
        for book in batch:
            yield {
                "isbn": book.isbn,
                "title": book.title,
                "subtitle": book.subtitle,
                "authors": authors[book.id],
                "language": book.language,
                "published_year": book.published_year,
                "price_amount": book.price_amount,
                "stock": book.on_hand,
                "categories": categories[book.id],
            }
        if len(batch) < BATCH:
            return
        last = batch[-1].isbn


def _names(  # noqa: PLR0917 -- all of them are parts of one statement
    connection: Any, model: Any, link: Any, key: Any, book_ids: list[UUID], order: Any
) -> dict[UUID, list[str]]:
    names: dict[UUID, list[str]] = defaultdict(list)
    statement = (
        select(link.book_id, model.name)
        .join(model, model.id == key)
        .where(link.book_id.in_(book_ids))
    )
    for book_id, name in connection.execute(statement.order_by(link.book_id, order)):
        names[book_id].append(name)
    return names
