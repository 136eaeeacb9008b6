"""Reads of the catalogue: they select what they show, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..covers.models import covers
from ..database import AnyRow
from ..errors import NotFound
from ..pagination import Ordering, Page, fetch_page
from ..text import words
from .models import (
    Author,
    BookCategory,
    authors,
    book_authors,
    book_categories,
    books,
    categories,
    year_ascending,
    year_descending,
)
from .schemas import BookQuery, CategoryQuery, NameQuery

_authors = select(
    authors.id,
    authors.name,
    authors.biography,
    authors.version,
    authors.created_at,
    authors.updated_at,
)
_categories = select(
    categories.id,
    categories.name,
    categories.parent_id,
    categories.version,
    categories.created_at,
    categories.updated_at,
)
_summaries = select(
    books.id,
    books.isbn,
    books.title,
    books.subtitle,
    books.language,
    books.published_year,
    books.price_amount,
    books.on_hand,
    books.reserved,
    books.rating_hundredths,
    books.rating_count,
    exists().where(covers.book_id == books.id).label("has_cover"),
)
_author = _authors.where(authors.id == bindparam("id"))
_category = _categories.where(categories.id == bindparam("id"))
_book = _summaries.add_columns(
    books.description, books.version, books.created_at, books.updated_at
).where(books.id == bindparam("id"))
_authors_of = (
    select(book_authors.book_id, authors.id, authors.name)
    .join(Author, authors.id == book_authors.author_id)
    .where(book_authors.book_id.in_(bindparam("book_ids", expanding=True)))
    .order_by(book_authors.book_id, book_authors.position)
)
_categories_of = (
    select(categories.id, categories.name)
    .join(BookCategory, categories.id == book_categories.category_id)
    .where(book_categories.book_id == bindparam("book_id"))
    .order_by(categories.name)
)

_author_orders = {
    "name": Ordering("name", authors.name, authors.id),
    "-name": Ordering("-name", authors.name, authors.id, descending=True),
}
_category_orders = {
    "name": Ordering("name", categories.name, categories.id),
    "-name": Ordering("-name", categories.name, categories.id, descending=True),
}
_book_orders = {
    order.name: order
    for order in (
        Ordering("title", books.title_key, books.id),
        Ordering("-title", books.title_key, books.id, descending=True),
        Ordering("price", books.price_amount, books.id),
        Ordering("-price", books.price_amount, books.id, descending=True),
        Ordering("published_year", year_ascending, books.id),
        Ordering("-published_year", year_descending, books.id, descending=True),
        Ordering("rating", books.rating_hundredths, books.id),
        Ordering("-rating", books.rating_hundredths, books.id, descending=True),
        Ordering("newest", books.created_at, books.id, descending=True),
    )
}
_author_pages = {order.name: order.sorted(_authors) for order in _author_orders.values()}
_category_pages = {order.name: order.sorted(_categories) for order in _category_orders.values()}
_book_pages = {order.name: order.sorted(_summaries) for order in _book_orders.values()}


async def list_authors(connection: AsyncConnection, *, query: NameQuery) -> Page:
    """A page of authors, in code-point order (listAuthors).

    Raises ValidationFailed for a bad cursor.
    """
    order, statement = _author_orders[query.sort], _author_pages[query.sort]
    return await fetch_page(connection, statement, order, limit=query.limit, cursor=query.cursor)


async def get_author(connection: AsyncConnection, *, author_id: UUID) -> AnyRow:
    """An author (getAuthor).

    Raises NotFound.
    """
    return await _one(connection, _author, author_id)


async def list_categories(connection: AsyncConnection, *, query: CategoryQuery) -> Page:
    """A page of the tree, flat, or of one level of it (listCategories).

    Raises ValidationFailed for a bad cursor.
    """
    order, statement = _category_orders[query.sort], _category_pages[query.sort]
    if query.parent_id is not None:
        statement = statement.where(categories.parent_id == query.parent_id)
    return await fetch_page(connection, statement, order, limit=query.limit, cursor=query.cursor)


async def get_category(connection: AsyncConnection, *, category_id: UUID) -> AnyRow:
    """A category (getCategory).

    Raises NotFound.
    """
    return await _one(connection, _category, category_id)


async def list_books(
    connection: AsyncConnection, *, query: BookQuery
) -> tuple[Page, dict[UUID, list[AnyRow]]]:
    """A page of books that every filter admits, and their authors by book (listBooks).

    Raises ValidationFailed for a bad cursor.
    """
    order = _book_orders[query.sort]
    statement = _narrowed(_book_pages[query.sort], query)
    page = await fetch_page(connection, statement, order, limit=query.limit, cursor=query.cursor)
    return page, await authors_of(connection, [book.id for book in page.rows])


async def get_book(
    connection: AsyncConnection | AsyncSession, *, book_id: UUID
) -> tuple[AnyRow, Sequence[AnyRow], Sequence[AnyRow]]:
    """A book, its authors and its categories (getBook).

    Raises NotFound.
    """
    book = await _one(connection, _book, book_id)
    names = await authors_of(connection, [book_id])
    found = await connection.execute(_categories_of, {"book_id": book_id})
    return book, names.get(book_id, []), found.all()


async def authors_of(
    connection: AsyncConnection | AsyncSession, book_ids: Sequence[UUID]
) -> dict[UUID, list[AnyRow]]:
    """The authors of some books, by book and in the order they are shown."""
    found: dict[UUID, list[AnyRow]] = defaultdict(list)
    if book_ids:
        for row in await connection.execute(_authors_of, {"book_ids": book_ids}):
            found[row.book_id].append(row)
    return found


async def _one(
    connection: AsyncConnection | AsyncSession, statement: Select[Any], id_: UUID
) -> AnyRow:
    row: AnyRow | None = (await connection.execute(statement, {"id": id_})).first()
    if row is None:
        raise NotFound
    return row


def _narrowed(statement: Select[Any], query: BookQuery) -> Select[Any]:
    for word in words(query.q or ""):
        statement = statement.where(books.search_text.like(f"% {word}%"))
    if query.category_id is not None:
        in_category = select(book_categories.book_id).where(
            book_categories.category_id.in_(_with_descendants(query.category_id))
        )
        statement = statement.where(books.id.in_(in_category))
    if query.author_id is not None:
        by_author = select(book_authors.book_id).where(book_authors.author_id == query.author_id)
        statement = statement.where(books.id.in_(by_author))
    conditions = (
        (query.language, books.language.__eq__),
        (query.price_min, books.price_amount.__ge__),
        (query.price_max, books.price_amount.__le__),
        (query.published_year_min, books.published_year.__ge__),
        (query.published_year_max, books.published_year.__le__),
    )
    statement = statement.where(*(holds(value) for value, holds in conditions if value is not None))
    if query.in_stock is not None:
        available = books.on_hand > books.reserved
        statement = statement.where(available if query.in_stock else ~available)
    return statement


def _with_descendants(category_id: UUID) -> Select[Any]:
    tree = select(categories.id).where(categories.id == category_id).cte("tree", recursive=True)
    tree = tree.union(select(categories.id).where(categories.parent_id == tree.c.id))
    return select(tree.c.id)
