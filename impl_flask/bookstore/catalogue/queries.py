"""Reads of the catalogue: a fixed number of statements each, and an index for each sort order."""

import operator
from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, select

from ..covers.models import Cover
from ..database import AnyRow, AnySelect, reading
from ..errors import NotFound
from ..pagination import Order, Page, page_of, paged
from ..text import words
from . import schemas
from .models import (
    YEAR_ASCENDING,
    YEAR_DESCENDING,
    Author,
    Book,
    BookAuthor,
    BookCategory,
    Category,
)

AUTHOR_ORDERS = {
    "name": Order("name", Author.name, Author.id, str),
    "-name": Order("-name", Author.name, Author.id, str, descending=True),
}
CATEGORY_ORDERS = {
    "name": Order("name", Category.name, Category.id, str),
    "-name": Order("-name", Category.name, Category.id, str, descending=True),
}
BOOK_ORDERS = {
    "title": Order("title", Book.title_key, Book.id, str),
    "-title": Order("-title", Book.title_key, Book.id, str, descending=True),
    "price": Order("price", Book.price_amount, Book.id, int),
    "-price": Order("-price", Book.price_amount, Book.id, int, descending=True),
    "published_year": Order("published_year", YEAR_ASCENDING, Book.id, int),
    "-published_year": Order("-published_year", YEAR_DESCENDING, Book.id, int, descending=True),
    "rating": Order("rating", Book.rating_hundredths, Book.id, int),
    "-rating": Order("-rating", Book.rating_hundredths, Book.id, int, descending=True),
    "newest": Order("newest", Book.created_at, Book.id, datetime, descending=True),
}

_author = select(
    Author.id, Author.name, Author.biography, Author.version, Author.created_at, Author.updated_at
)
_category = select(
    Category.id,
    Category.name,
    Category.parent_id,
    Category.version,
    Category.created_at,
    Category.updated_at,
)
_summary_columns = (
    Book.id,
    Book.isbn,
    Book.title,
    Book.subtitle,
    Book.language,
    Book.published_year,
    Book.price_amount,
    Book.on_hand,
    Book.reserved,
    Book.rating_hundredths,
    Book.rating_count,
    exists().where(Cover.book_id == Book.id).label("has_cover"),
)
_summary = select(*_summary_columns)
_book = select(
    *_summary_columns, Book.description, Book.version, Book.created_at, Book.updated_at
).where(Book.id == bindparam("id"))
_authors_of = (
    select(BookAuthor.book_id, Author.id, Author.name)
    .join(Author, Author.id == BookAuthor.author_id)
    .where(BookAuthor.book_id.in_(bindparam("book_ids", expanding=True)))
    .order_by(BookAuthor.book_id, BookAuthor.position)
)
_categories_of = (
    select(Category.id, Category.name)
    .join(BookCategory, BookCategory.category_id == Category.id)
    .where(BookCategory.book_id == bindparam("book_id"))
    .order_by(Category.name)
)


def list_authors(*, limit: int, cursor: str | None, sort: str) -> Page:
    """A page of authors by name.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    order = AUTHOR_ORDERS[sort]
    with reading() as connection:
        rows = connection.execute(paged(_author, order, limit, cursor)).all()
    return page_of(rows, order, limit, schemas.show_author)


def get_author(*, author_id: UUID) -> AnyRow:
    """One author.

    Raises:
        NotFound: there is none with this id.
    """
    return _one(_author.where(Author.id == author_id))


def list_categories(
    *, limit: int, cursor: str | None, sort: str, parent_id: UUID | None = None
) -> Page:
    """A page of the category tree, flat, by name; `parent_id` narrows it to one level.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    order = CATEGORY_ORDERS[sort]
    statement = _category if parent_id is None else _category.where(Category.parent_id == parent_id)
    with reading() as connection:
        rows = connection.execute(paged(statement, order, limit, cursor)).all()
    return page_of(rows, order, limit, schemas.show_category)


def get_category(*, category_id: UUID) -> AnyRow:
    """One category.

    Raises:
        NotFound: there is none with this id.
    """
    return _one(_category.where(Category.id == category_id))


def list_books(*, limit: int, cursor: str | None, sort: str, **filters: Any) -> Page:
    """A page of the books that pass every filter: one statement for them, one for their authors.

    Raises:
        ValidationFailed: the cursor is not one of this list in this order.
    """
    order = BOOK_ORDERS[sort]
    with reading() as connection:
        rows = connection.execute(paged(_filtered(_summary, **filters), order, limit, cursor)).all()
        authors = defaultdict(list)
        for author in connection.execute(_authors_of, {"book_ids": [row.id for row in rows]}):
            authors[author.book_id].append(author)
    return page_of(rows, order, limit, lambda row: schemas.show_book_summary(row, authors[row.id]))


def get_book(*, book_id: UUID) -> tuple[AnyRow, list[Any], list[Any]]:
    """One book, its authors and its categories.

    Raises:
        NotFound: there is none with this id.
    """
    with reading() as connection:
        book = connection.execute(_book, {"id": book_id}).first()
        if book is None:
            raise NotFound
        authors = connection.execute(_authors_of, {"book_ids": [book_id]}).all()
        categories = connection.execute(_categories_of, {"book_id": book_id}).all()
    return book, list(authors), list(categories)


def _one(statement: AnySelect) -> AnyRow:
    with reading() as connection:
        row = connection.execute(statement).first()
    if row is None:
        raise NotFound
    return row


def _filtered(
    statement: AnySelect,
    *,
    q: str = "",
    category_id: UUID | None = None,
    author_id: UUID | None = None,
    language: str | None = None,
    price_min: int | None = None,
    price_max: int | None = None,
    published_year_min: int | None = None,
    published_year_max: int | None = None,
    in_stock: bool | None = None,
) -> AnySelect:
    """`statement` narrowed by every filter that is given."""
    for word in words(q):
        statement = statement.where(Book.search_text.like(f"% {word}%"))
    if category_id is not None:
        inside = select(BookCategory.book_id).where(
            BookCategory.category_id.in_(_subtree(category_id))
        )
        statement = statement.where(Book.id.in_(inside))
    if author_id is not None:
        by_author = select(BookAuthor.book_id).where(BookAuthor.author_id == author_id)
        statement = statement.where(Book.id.in_(by_author))
    if in_stock is not None:
        available = Book.on_hand > Book.reserved
        statement = statement.where(available if in_stock else ~available)
    bounds = (
        (Book.language, operator.eq, language),
        (Book.price_amount, operator.ge, price_min),
        (Book.price_amount, operator.le, price_max),
        (Book.published_year, operator.ge, published_year_min),
        (Book.published_year, operator.le, published_year_max),
    )
    return statement.where(
        *(compare(column, value) for column, compare, value in bounds if value is not None)
    )


def _subtree(category_id: UUID) -> AnySelect:
    """The ids of a category and of all below it."""
    tree = select(Category.id).where(Category.id == category_id).cte("tree", recursive=True)
    tree = tree.union(select(Category.id).where(Category.parent_id == tree.c.id))
    return select(tree.c.id)
