"""The operations of the tag `catalogue`, in the contract's order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..auth import STAFF
from ..database import Reader, Transaction
from ..http import IfMatch, answer, done, not_modified, version_tag
from ..inputs import read_json, read_patch, read_query
from ..pagination import page_answer
from . import queries, services
from .schemas import (
    AuthorCreation,
    AuthorUpdate,
    BookCreation,
    BookQuery,
    BookUpdate,
    CategoryCreation,
    CategoryQuery,
    CategoryUpdate,
    NameQuery,
    show_author,
    show_book,
    show_category,
    show_summary,
)

router = APIRouter()


@router.get("/authors")
async def list_authors(
    request: Request, query: Annotated[NameQuery, read_query(NameQuery)], reader: Reader
) -> Response:
    """listAuthors."""
    page = await queries.list_authors(reader, query=query)
    return page_answer(request, page, show_author, public=True)


@router.post("/authors", dependencies=[STAFF])
async def create_author(
    data: Annotated[AuthorCreation, read_json(AuthorCreation)], transaction: Transaction
) -> Response:
    """createAuthor."""
    author = await services.create_author(transaction, data=data)
    etag = version_tag(author.version)
    return answer(show_author(author), 201, etag=etag, location=f"/authors/{author.id}")


@router.get("/authors/{author_id:uuid}")
async def get_author(request: Request, author_id: UUID, reader: Reader) -> Response:
    """getAuthor."""
    author = await queries.get_author(reader, author_id=author_id)
    etag = version_tag(author.version)
    known = not_modified(request, etag, public=True)
    return known or answer(show_author(author), etag=etag, public=True)


@router.patch("/authors/{author_id:uuid}", dependencies=[STAFF])
async def update_author(
    author_id: UUID,
    data: Annotated[AuthorUpdate, read_patch(AuthorUpdate)],
    precondition: IfMatch,
    transaction: Transaction,
) -> Response:
    """updateAuthor."""
    author = await services.update_author(
        transaction, author_id=author_id, data=data, precondition=precondition
    )
    return answer(show_author(author), etag=version_tag(author.version))


@router.delete("/authors/{author_id:uuid}", dependencies=[STAFF])
async def delete_author(
    author_id: UUID, precondition: IfMatch, transaction: Transaction
) -> Response:
    """deleteAuthor."""
    await services.delete_author(transaction, author_id=author_id, precondition=precondition)
    return done()


@router.get("/categories")
async def list_categories(
    request: Request, query: Annotated[CategoryQuery, read_query(CategoryQuery)], reader: Reader
) -> Response:
    """listCategories."""
    page = await queries.list_categories(reader, query=query)
    return page_answer(request, page, show_category, public=True)


@router.post("/categories", dependencies=[STAFF])
async def create_category(
    data: Annotated[CategoryCreation, read_json(CategoryCreation)], transaction: Transaction
) -> Response:
    """createCategory."""
    category = await services.create_category(transaction, data=data)
    etag = version_tag(category.version)
    return answer(show_category(category), 201, etag=etag, location=f"/categories/{category.id}")


@router.get("/categories/{category_id:uuid}")
async def get_category(request: Request, category_id: UUID, reader: Reader) -> Response:
    """getCategory."""
    category = await queries.get_category(reader, category_id=category_id)
    etag = version_tag(category.version)
    known = not_modified(request, etag, public=True)
    return known or answer(show_category(category), etag=etag, public=True)


@router.patch("/categories/{category_id:uuid}", dependencies=[STAFF])
async def update_category(
    category_id: UUID,
    data: Annotated[CategoryUpdate, read_patch(CategoryUpdate)],
    precondition: IfMatch,
    transaction: Transaction,
) -> Response:
    """updateCategory."""
    category = await services.update_category(
        transaction, category_id=category_id, data=data, precondition=precondition
    )
    return answer(show_category(category), etag=version_tag(category.version))


@router.delete("/categories/{category_id:uuid}", dependencies=[STAFF])
async def delete_category(
    category_id: UUID, precondition: IfMatch, transaction: Transaction
) -> Response:
    """deleteCategory."""
    await services.delete_category(transaction, category_id=category_id, precondition=precondition)
    return done()


@router.get("/books")
async def list_books(
    request: Request, query: Annotated[BookQuery, read_query(BookQuery)], reader: Reader
) -> Response:
    """listBooks."""
    page, authors = await queries.list_books(reader, query=query)
    return page_answer(
        request, page, lambda book: show_summary(book, authors[book.id]), public=True
    )


@router.post("/books", dependencies=[STAFF])
async def create_book(
    data: Annotated[BookCreation, read_json(BookCreation)], transaction: Transaction
) -> Response:
    """createBook."""
    book = await services.create_book(transaction, data=data)
    shown = show_book(*await queries.get_book(transaction, book_id=book.id))
    return answer(shown, 201, etag=version_tag(book.version), location=f"/books/{book.id}")


@router.get("/books/{book_id:uuid}")
async def get_book(request: Request, book_id: UUID, reader: Reader) -> Response:
    """getBook."""
    book, authors, categories = await queries.get_book(reader, book_id=book_id)
    etag = version_tag(book.version)
    known = not_modified(request, etag, public=True)
    return known or answer(show_book(book, authors, categories), etag=etag, public=True)


@router.patch("/books/{book_id:uuid}", dependencies=[STAFF])
async def update_book(
    book_id: UUID,
    data: Annotated[BookUpdate, read_patch(BookUpdate)],
    precondition: IfMatch,
    transaction: Transaction,
) -> Response:
    """updateBook."""
    book = await services.update_book(
        transaction, book_id=book_id, data=data, precondition=precondition
    )
    shown = show_book(*await queries.get_book(transaction, book_id=book_id))
    return answer(shown, etag=version_tag(book.version))


@router.delete("/books/{book_id:uuid}", dependencies=[STAFF])
async def delete_book(book_id: UUID, precondition: IfMatch, transaction: Transaction) -> Response:
    """deleteBook."""
    await services.delete_book(transaction, book_id=book_id, precondition=precondition)
    return done()
