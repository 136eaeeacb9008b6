"""What goes over the wire about the catalogue, named as in the contract."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from ..fields import (
    DIFFERENT,
    LONG_TEXT,
    NAME,
    NOT_NULL,
    Isbn,
    Language,
    Price,
    PublishedYear,
    QueryFlag,
    StrictModel,
    choice,
    items,
    query_integer,
    text,
)
from ..http import money, timestamp
from ..pagination import PageQuery

AuthorName = Annotated[str, text(1, 200, NAME)]
CategoryName = Annotated[str, text(1, 100, NAME)]
Title = Annotated[str, text(1, 500)]
Biography = Annotated[str, text(1, 5000, LONG_TEXT)]
Description = Annotated[str, text(1, 10000, LONG_TEXT)]
AuthorIds = Annotated[list[UUID], DIFFERENT, items(1, 50)]
CategoryIds = Annotated[list[UUID], DIFFERENT, items(0, 20)]
Amount = Annotated[int, query_integer(0, 99_999_999)]
Year = Annotated[int, query_integer(-3000, 2100)]


class NameQuery(PageQuery):
    """Parameters of `listAuthors`."""

    sort: Annotated[str, choice("name", "-name")] = "name"


class CategoryQuery(NameQuery):
    """Parameters of `listCategories`."""

    parent_id: UUID | None = None


class BookQuery(PageQuery):
    """Parameters of `listBooks`; every filter narrows."""

    q: Annotated[str, text(1, 200)] | None = None
    category_id: UUID | None = None
    author_id: UUID | None = None
    language: Language | None = None
    price_min: Amount | None = None
    price_max: Amount | None = None
    published_year_min: Year | None = None
    published_year_max: Year | None = None
    in_stock: QueryFlag | None = None
    sort: Annotated[
        str,
        choice(
            "title",
            "-title",
            "price",
            "-price",
            "published_year",
            "-published_year",
            "rating",
            "-rating",
            "newest",
        ),
    ] = "newest"


class AuthorCreation(StrictModel):
    """Body of `createAuthor`."""

    name: AuthorName
    biography: Biography | None = None


class AuthorUpdate(StrictModel):
    """Body of `updateAuthor`."""

    name: AuthorName = ""
    biography: Biography | None = None


class CategoryCreation(StrictModel):
    """Body of `createCategory`."""

    name: CategoryName
    parent_id: UUID | None = None


class CategoryUpdate(StrictModel):
    """Body of `updateCategory`."""

    name: CategoryName = ""
    parent_id: UUID | None = None


class BookCreation(StrictModel):
    """Body of `createBook`."""

    isbn: Isbn
    title: Title
    subtitle: Title | None = None
    description: Description | None = None
    author_ids: AuthorIds
    category_ids: CategoryIds = Field(default=[])
    language: Language | None = None
    published_year: PublishedYear | None = None
    price: Price


class BookUpdate(StrictModel):
    """Body of `updateBook`; what is absent stays as it is."""

    isbn: Isbn = ""
    title: Title = ""
    subtitle: Title | None = None
    description: Description | None = None
    author_ids: AuthorIds = Field(default=[])
    category_ids: CategoryIds = Field(default=[])
    language: Language | None = None
    published_year: PublishedYear | None = None
    price: Annotated[Price | None, NOT_NULL] = None


def show_author(author: Any) -> dict[str, Any]:
    """An author as `Author`."""
    return {
        "id": author.id,
        "name": author.name,
        "biography": author.biography,
        "created_at": timestamp(author.created_at),
        "updated_at": timestamp(author.updated_at),
    }


def show_category(category: Any) -> dict[str, Any]:
    """A category as `Category`."""
    return {
        "id": category.id,
        "name": category.name,
        "parent_id": category.parent_id,
        "created_at": timestamp(category.created_at),
        "updated_at": timestamp(category.updated_at),
    }


def show_refs(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Authors or categories as a book names them."""
    return [{"id": row.id, "name": row.name} for row in rows]


def show_summary(book: Any, authors: Sequence[Any]) -> dict[str, Any]:
    """A book as `BookSummary`."""
    return {
        "id": book.id,
        "isbn": book.isbn,
        "title": book.title,
        "subtitle": book.subtitle,
        "authors": show_refs(authors),
        "language": book.language,
        "published_year": book.published_year,
        "price": money(book.price_amount),
        "stock": {
            "on_hand": book.on_hand,
            "reserved": book.reserved,
            "available": book.on_hand - book.reserved,
        },
        "rating": {
            "average": book.rating_hundredths / 100 if book.rating_count else None,
            "count": book.rating_count,
        },
        "cover_url": f"/books/{book.id}/cover" if book.has_cover else None,
    }


def show_book(book: Any, authors: Sequence[Any], categories: Sequence[Any]) -> dict[str, Any]:
    """A book as `Book`."""
    return show_summary(book, authors) | {
        "description": book.description,
        "categories": show_refs(categories),
        "created_at": timestamp(book.created_at),
        "updated_at": timestamp(book.updated_at),
    }
