"""The operations of the tag catalogue, in the contract's order."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import PATCH_TYPES, answer, done, if_match, not_modified, read_json, version_tag
from ..pagination import page_answer
from . import queries, schemas, services


class CatalogueOperations(Operations):
    """Authors, categories and books."""

    @operation("public", query=schemas.AuthorQuery)
    def list_authors(self, request: Request, query: dict[str, Any]) -> HttpResponse:
        """listAuthors."""
        return page_answer(request, queries.list_authors(**query), public=True)

    @operation("staff")
    def create_author(self, request: Request) -> HttpResponse:
        """createAuthor."""
        author = services.create_author(**read_json(request, schemas.AuthorCreation))
        return answer(
            schemas.show_author(author),
            201,
            etag=version_tag(author.version),
            location=f"/authors/{author.id}",
        )

    @operation("public")
    def get_author(self, request: Request, author_id: UUID) -> HttpResponse:
        """getAuthor."""
        author = queries.get_author(author_id=author_id)
        etag = version_tag(author.version)
        return not_modified(request, etag, public=True) or answer(
            schemas.show_author(author), etag=etag, public=True
        )

    @operation("staff")
    def update_author(self, request: Request, author_id: UUID) -> HttpResponse:
        """updateAuthor."""
        changes = read_json(request, schemas.AuthorUpdate, *PATCH_TYPES)
        author = services.update_author(
            author_id=author_id, changes=changes, if_match=if_match(request)
        )
        return answer(schemas.show_author(author), etag=version_tag(author.version))

    @operation("staff")
    def delete_author(self, request: Request, author_id: UUID) -> HttpResponse:
        """deleteAuthor."""
        services.delete_author(author_id=author_id, if_match=if_match(request))
        return done()

    @operation("public", query=schemas.CategoryQuery)
    def list_categories(self, request: Request, query: dict[str, Any]) -> HttpResponse:
        """listCategories."""
        return page_answer(request, queries.list_categories(**query), public=True)

    @operation("staff")
    def create_category(self, request: Request) -> HttpResponse:
        """createCategory."""
        category = services.create_category(**read_json(request, schemas.CategoryCreation))
        return answer(
            schemas.show_category(category),
            201,
            etag=version_tag(category.version),
            location=f"/categories/{category.id}",
        )

    @operation("public")
    def get_category(self, request: Request, category_id: UUID) -> HttpResponse:
        """getCategory."""
        category = queries.get_category(category_id=category_id)
        etag = version_tag(category.version)
        return not_modified(request, etag, public=True) or answer(
            schemas.show_category(category), etag=etag, public=True
        )

    @operation("staff")
    def update_category(self, request: Request, category_id: UUID) -> HttpResponse:
        """updateCategory."""
        changes = read_json(request, schemas.CategoryUpdate, *PATCH_TYPES)
        category = services.update_category(
            category_id=category_id, changes=changes, if_match=if_match(request)
        )
        return answer(schemas.show_category(category), etag=version_tag(category.version))

    @operation("staff")
    def delete_category(self, request: Request, category_id: UUID) -> HttpResponse:
        """deleteCategory."""
        services.delete_category(category_id=category_id, if_match=if_match(request))
        return done()

    @operation("public", query=schemas.BookQuery)
    def list_books(self, request: Request, query: dict[str, Any]) -> HttpResponse:
        """listBooks."""
        return page_answer(request, queries.list_books(**query), public=True)

    @operation("staff")
    def create_book(self, request: Request) -> HttpResponse:
        """createBook."""
        book = services.create_book(**read_json(request, schemas.BookCreation))
        return _book_answer(book.id, 201, location=f"/books/{book.id}")

    @operation("public")
    def get_book(self, request: Request, book_id: UUID) -> HttpResponse:
        """getBook."""
        book, authors, categories = queries.get_book(book_id=book_id)
        etag = version_tag(book.version)
        return not_modified(request, etag, public=True) or answer(
            schemas.show_book(book, authors, categories), etag=etag, public=True
        )

    @operation("staff")
    def update_book(self, request: Request, book_id: UUID) -> HttpResponse:
        """updateBook."""
        changes = read_json(request, schemas.BookUpdate, *PATCH_TYPES)
        services.update_book(book_id=book_id, changes=changes, if_match=if_match(request))
        return _book_answer(book_id)

    @operation("staff")
    def delete_book(self, request: Request, book_id: UUID) -> HttpResponse:
        """deleteBook."""
        services.delete_book(book_id=book_id, if_match=if_match(request))
        return done()


def _book_answer(book_id: UUID, status: int = 200, *, location: str | None = None) -> HttpResponse:
    """A book as everybody sees it from now on."""
    book, authors, categories = queries.get_book(book_id=book_id)
    return answer(
        schemas.show_book(book, authors, categories),
        status,
        etag=version_tag(book.version),
        location=location,
    )
