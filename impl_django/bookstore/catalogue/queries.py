"""Reads of the catalogue: a fixed number of statements each, and an index for each sort order."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet, UUIDField
from django.db.models.expressions import RawSQL

from ..errors import NotFound
from ..pagination import Order, Page, page_of, paged
from ..text import words
from . import schemas
from .models import NO_YEAR_FIRST, NO_YEAR_LAST, Author, Book, BookAuthor, BookCategory, Category

# The bounds are literals: with parameters, PostgreSQL would not recognise the index's expression.
YEAR_ASC = RawSQL(f"coalesce(published_year, {NO_YEAR_LAST})", ())  # noqa: S611 -- the SQL is a constant
YEAR_DESC = RawSQL(f"coalesce(published_year, {NO_YEAR_FIRST})", ())  # noqa: S611 -- the SQL is a constant
SUBTREE = """
    WITH RECURSIVE subtree(id) AS (
        SELECT id FROM categories WHERE id = %s
        UNION SELECT categories.id FROM categories JOIN subtree ON categories.parent_id = subtree.id
    ) SELECT id FROM subtree
"""

NAME_ORDERS = {
    "name": Order("name", F("name"), str),
    "-name": Order("-name", F("name"), str, descending=True),
}
BOOK_ORDERS = {
    "title": Order("title", F("title_key"), str),
    "-title": Order("-title", F("title_key"), str, descending=True),
    "price": Order("price", F("price_amount"), int),
    "-price": Order("-price", F("price_amount"), int, descending=True),
    "published_year": Order("published_year", YEAR_ASC, int),
    "-published_year": Order("-published_year", YEAR_DESC, int, descending=True),
    "rating": Order("rating", F("rating_hundredths"), int),
    "-rating": Order("-rating", F("rating_hundredths"), int, descending=True),
    "newest": Order("newest", F("created_at"), datetime, descending=True),
}

AUTHOR_COLUMNS = ("id", "name", "biography", "version", "created_at", "updated_at")
CATEGORY_COLUMNS = ("id", "name", "parent_id", "version", "created_at", "updated_at")
SUMMARY_COLUMNS = (
    "id",
    "isbn",
    "title",
    "subtitle",
    "language",
    "published_year",
    "price_amount",
    "on_hand",
    "reserved",
    "rating_hundredths",
    "rating_count",
    "cover",
)
BOOK_COLUMNS = (*SUMMARY_COLUMNS, "description", "version", "created_at", "updated_at")

BOUNDS = {
    "language": "language",
    "price_min": "price_amount__gte",
    "price_max": "price_amount__lte",
    "published_year_min": "published_year__gte",
    "published_year_max": "published_year__lte",
}


def list_authors(*, limit: int, cursor: str | None, sort: str) -> Page:
    """A page of authors by name.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    order = NAME_ORDERS[sort]
    rows = paged(Author.objects.all(), order, limit, cursor).values_list(
        *AUTHOR_COLUMNS, "sort_key", named=True
    )
    return page_of(rows, order, limit, schemas.show_author)


def get_author(*, author_id: UUID) -> Any:
    """One author.

    Raises:
        NotFound: there is none with this id.
    """
    return _one(Author.objects.filter(id=author_id), AUTHOR_COLUMNS)


def list_categories(
    *, limit: int, cursor: str | None, sort: str, parent_id: UUID | None = None
) -> Page:
    """A page of the category tree, flat, by name; `parent_id` narrows it to one level.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    order = NAME_ORDERS[sort]
    categories = (
        Category.objects.all() if parent_id is None else Category.objects.filter(parent=parent_id)
    )
    rows = paged(categories, order, limit, cursor).values_list(
        *CATEGORY_COLUMNS, "sort_key", named=True
    )
    return page_of(rows, order, limit, schemas.show_category)


def get_category(*, category_id: UUID) -> Any:
    """One category.

    Raises:
        NotFound: there is none with this id.
    """
    return _one(Category.objects.filter(id=category_id), CATEGORY_COLUMNS)


def list_books(*, limit: int, cursor: str | None, sort: str, **filters: Any) -> Page:
    """A page of the books that pass every filter: one statement for them, one for their authors.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    order = BOOK_ORDERS[sort]
    books = paged(_filtered(Book.objects.all(), **filters), order, limit, cursor)
    rows = list(books.values_list(*SUMMARY_COLUMNS, "sort_key", named=True))
    authors = _authors_of([row.id for row in rows])
    return page_of(rows, order, limit, lambda row: schemas.show_book_summary(row, authors[row.id]))


def get_book(*, book_id: UUID) -> tuple[Any, list[Any], list[Any]]:
    """One book, its authors and its categories.

    Raises:
        NotFound: there is none with this id.
    """
    book = _one(Book.objects.filter(id=book_id), BOOK_COLUMNS)
    categories = Category.objects.filter(bookcategory__book=book_id).order_by("name")
    return book, _authors_of([book_id])[book_id], list(categories.values_list("id", "name"))


def _one(rows: QuerySet[Any], columns: tuple[str, ...]) -> Any:
    row = rows.values_list(*columns, named=True).first()
    if row is None:
        raise NotFound
    return row


def _authors_of(book_ids: list[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """Ids and names of the authors of some books, in their order."""
    authors = defaultdict(list)
    links = BookAuthor.objects.filter(book__in=book_ids).order_by("book_id", "position")
    for book_id, author_id, name in links.values_list("book_id", "author_id", "author__name"):
        authors[book_id].append((author_id, name))
    return authors


def _filtered(
    books: QuerySet[Any],
    *,
    q: str = "",
    category_id: UUID | None = None,
    author_id: UUID | None = None,
    in_stock: bool | None = None,
    **bounds: Any,
) -> QuerySet[Any]:
    """`books` narrowed by every filter that is given."""
    for word in words(q):
        books = books.filter(search_text__contains=f" {word}")
    if category_id is not None:
        books = books.filter(
            id__in=BookCategory.objects.filter(category__in=_subtree(category_id)).values("book")
        )
    if author_id is not None:
        books = books.filter(id__in=BookAuthor.objects.filter(author=author_id).values("book"))
    if in_stock is not None:
        available = Q(on_hand__gt=F("reserved"))
        books = books.filter(available if in_stock else ~available)
    return books.filter(**{BOUNDS[name]: value for name, value in bounds.items()})


def _subtree(category_id: UUID) -> RawSQL:
    """The ids of a category and of all below it; the ORM has no recursive query."""
    root = UUIDField().get_db_prep_value(category_id, connection, prepared=False)
    return RawSQL(SUBTREE, (root,))  # noqa: S611 -- the id is a parameter
