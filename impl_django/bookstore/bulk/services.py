"""Import and export of the catalogue: bulk statements, batch by batch, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ..catalogue.models import Author, Book, BookAuthor, BookCategory, Category
from ..database import now
from ..errors import MAX_ERRORS, FieldError, ImportRejected, ServiceUnavailable
from ..stock.models import StockAdjustment
from ..text import search_text, title_key
from .formats import ImportRow, RowError

BATCH = 1000
COMPARED = ("title", "subtitle", "language", "published_year", "price_amount", "on_hand")
RENEWED = (*COMPARED, "title_key", "search_text", "version", "updated_at")


@dataclass(slots=True)
class ImportReport:
    """How many rows had which outcome, and what is wrong with the bad ones."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    errors_truncated: bool = False

    def reject(self, *errors: RowError) -> None:
        """One bad row more."""
        self.rejected += 1
        room = MAX_ERRORS - len(self.errors)
        self.errors += errors[:room]
        self.errors_truncated |= len(errors) > room


@transaction.atomic
def import_books(
    *, rows: Iterable[ImportRow], abort: bool, user_id: UUID | None = None, only_new: bool = False
) -> ImportReport:
    """Create or update one book a row, or with `only_new` leave those that exist.

    Raises:
        MalformedRequest, ValidationFailed: the file as a whole is bad.
        ImportRejected: a row is bad and `abort` is set.
    """
    report, remaining = ImportReport(), iter(rows)
    seen: dict[int, int] = {}
    while batch := list(islice(remaining, BATCH)):
        good = []
        for row in batch:
            if row.errors:
                report.reject(*row.errors)
            elif seen.setdefault(int(row.values["isbn"]), row.line) != row.line:
                report.reject(RowError(row.line, "isbn", "duplicate", "must be unique"))
            else:
                good.append(row)
        try:
            _Batch(good, report, user_id, only_new=only_new).write()
        except IntegrityError:  # somebody was faster with one of the names or ISBNs: try again
            raise ServiceUnavailable from None
    if abort and report.rejected:
        raise ImportRejected(
            [_fault(error) for error in report.errors], truncated=report.errors_truncated
        )
    return report


def _fault(error: RowError) -> FieldError:
    pointer = f"/{error.line}/{error.column}" if error.column else f"/{error.line}"
    return FieldError("body", pointer, error.code, error.detail)


class _Batch:
    """Some rows, what is stored of their books, and what has to change."""

    def __init__(
        self, rows: list[ImportRow], report: ImportReport, user_id: UUID | None, *, only_new: bool
    ) -> None:
        self.report, self.user_id, self.at = report, user_id, now()
        # Locked in id order; the description is not the import's business.
        stored = (
            Book.objects.filter(isbn__in=[row.values["isbn"] for row in rows])
            .order_by("id")
            .select_for_update()
        )
        self.books = {book.isbn: book for book in stored}
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
        self.changed: list[Book] = []
        self.author_links: dict[UUID, list[UUID]] = {}
        self.category_links: dict[UUID, list[UUID]] = {}
        self.movements: list[StockAdjustment] = []

    def write(self) -> None:
        """Compare every row with what is stored, and write what differs."""
        ids = [book.id for book in self.books.values()]
        authors = _grouped(
            BookAuthor.objects.filter(book__in=ids).order_by("position"), "author_id"
        )
        categories = _grouped(BookCategory.objects.filter(book__in=ids), "category_id")
        for row in self.rows:
            book = self.books.get(row.values["isbn"])
            if book is None:
                self._create(row.values)
            else:
                self._update(book, row.values, authors[book.id], categories[book.id])
        self._flush()

    def _stock_suffices(self, row: ImportRow) -> bool:
        book = self.books.get(row.values["isbn"])
        if book is None or row.values["stock"] >= book.reserved:
            return True
        self.report.reject(
            RowError(
                row.line,
                "stock",
                "range",
                f"must not be less than the {book.reserved} reserved copies",
            )
        )
        return False

    def _create(self, values: dict[str, Any]) -> None:
        book = Book(isbn=values["isbn"], created_at=self.at, updated_at=self.at, on_hand=0)
        self.author_links[book.id] = [self.author_ids[name] for name in values["authors"]]
        self.category_links[book.id] = [
            self.category_ids[name] for name in values.get("categories") or ()
        ]
        self._apply(book, values)
        self.report.created += 1

    def _update(
        self, book: Book, values: dict[str, Any], authors: list[UUID], categories: list[UUID]
    ) -> None:
        new_authors = [self.author_ids[name] for name in values["authors"]]
        new_categories = [self.category_ids[name] for name in values.get("categories") or ()]
        relinked = new_authors != authors
        recategorised = "categories" in values and set(new_categories) != set(categories)
        given = {**values, "on_hand": values["stock"]}
        differs = any(name in given and given[name] != getattr(book, name) for name in COMPARED)
        if not (relinked or recategorised or differs):
            self.report.unchanged += 1
            return
        if relinked:
            self.author_links[book.id] = new_authors
        if recategorised:
            self.category_links[book.id] = new_categories
        book.version += 1
        book.updated_at = self.at
        self._apply(book, values)
        self.report.updated += 1

    def _apply(self, book: Book, values: dict[str, Any]) -> None:
        """Make `book` what the row says; an absent column leaves what is stored."""
        if delta := values["stock"] - book.on_hand:
            self.movements.append(
                StockAdjustment(
                    book=book,
                    delta=delta,
                    reason="import",
                    on_hand=values["stock"],
                    user_id=self.user_id,
                    created_at=self.at,
                )
            )
        book.on_hand = values["stock"]
        for name in COMPARED:
            if name in values:
                setattr(book, name, values[name])
        book.title_key = title_key(book.title)
        book.search_text = search_text(book.title, book.subtitle, values["authors"])
        self.changed.append(book)

    def _flush(self) -> None:
        # In one order, so that no two imports of the same books wait for each other.
        self.changed.sort(key=attrgetter("isbn"))
        # An upsert by id is one statement for many rows; bulk_update's CASE would grow with the
        # square of their number.
        Book.objects.bulk_create(
            self.changed, update_conflicts=True, unique_fields=["id"], update_fields=RENEWED
        )
        stored = {book.id for book in self.books.values()}
        BookAuthor.objects.filter(book__in=stored & self.author_links.keys()).delete()
        BookCategory.objects.filter(book__in=stored & self.category_links.keys()).delete()
        BookAuthor.objects.bulk_create(
            BookAuthor(book_id=book_id, author_id=author_id, position=position)
            for book_id, author_ids in self.author_links.items()
            for position, author_id in enumerate(author_ids)
        )
        BookCategory.objects.bulk_create(
            BookCategory(book_id=book_id, category_id=category_id)
            for book_id, category_ids in self.category_links.items()
            for category_id in category_ids
        )
        StockAdjustment.objects.bulk_create(self.movements)

    def _ids(self, model: type[Any], names: set[str]) -> dict[str, UUID]:
        """The ids of authors or categories by name; those that are missing are made."""
        named = model.objects.filter(name__in=names)
        found = dict(named.values_list("name", "id"))
        if missing := sorted(names - found.keys()):
            # Two imports may make the same author: the one that comes second finds the first one's.
            model.objects.bulk_create(
                [model(name=name, created_at=self.at, updated_at=self.at) for name in missing],
                ignore_conflicts=True,
            )
            found = dict(named.all().values_list("name", "id"))
        return found


def _grouped(links: Any, column: str) -> dict[UUID, list[Any]]:
    """A column of `links` by book."""
    groups = defaultdict(list)
    for book_id, value in links.values_list("book_id", column):
        groups[book_id].append(value)
    return groups


def export_books() -> Iterator[dict[str, Any]]:
    """Every book with the import's columns, by ISBN, a batch in memory at a time."""
    books = Book.objects.order_by("isbn").values_list(
        "id",
        "isbn",
        "title",
        "subtitle",
        "language",
        "published_year",
        "price_amount",
        "on_hand",
        named=True,
    )
    last = ""
    while batch := list(books.filter(isbn__gt=last)[:BATCH]):
        ids = [book.id for book in batch]
        authors = _grouped(
            BookAuthor.objects.filter(book__in=ids).order_by("position"), "author__name"
        )
        categories = _grouped(
            BookCategory.objects.filter(book__in=ids).order_by("category__name"), "category__name"
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
        last = batch[-1].isbn
