"""The operations of the tag catalogue, in the contract's order."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from ..auth import operation
from ..database import db
from ..http import PATCH_TYPES, answer, done, not_modified, read_json, version_tag
from ..pagination import page_answer
from . import queries, schemas, services

blueprint = Blueprint("catalogue", __name__)


@blueprint.get("/authors")
@operation("public", query=schemas.AuthorQuery())
def list_authors(query: dict[str, Any]) -> Response:
    """listAuthors."""
    return page_answer(queries.list_authors(**query), public=True)


@blueprint.post("/authors")
@operation("staff")
def create_author() -> Response:
    """createAuthor."""
    author = services.create_author(**read_json(schemas.AuthorCreation()))
    db.session.commit()
    return answer(
        schemas.show_author(author),
        201,
        etag=version_tag(author.version),
        location=f"/authors/{author.id}",
    )


@blueprint.get("/authors/<uuid:author_id>")
@operation("public")
def get_author(author_id: UUID) -> Response:
    """getAuthor."""
    author = queries.get_author(author_id=author_id)
    etag = version_tag(author.version)
    return not_modified(etag, public=True) or answer(
        schemas.show_author(author), etag=etag, public=True
    )


@blueprint.patch("/authors/<uuid:author_id>")
@operation("staff")
def update_author(author_id: UUID) -> Response:
    """updateAuthor."""
    author = services.update_author(
        author_id=author_id, changes=read_json(schemas.AuthorUpdate(), *PATCH_TYPES)
    )
    db.session.commit()
    return answer(schemas.show_author(author), etag=version_tag(author.version))


@blueprint.delete("/authors/<uuid:author_id>")
@operation("staff")
def delete_author(author_id: UUID) -> Response:
    """deleteAuthor."""
    services.delete_author(author_id=author_id)
    db.session.commit()
    return done()


@blueprint.get("/categories")
@operation("public", query=schemas.CategoryQuery())
def list_categories(query: dict[str, Any]) -> Response:
    """listCategories."""
    return page_answer(queries.list_categories(**query), public=True)


@blueprint.post("/categories")
@operation("staff")
def create_category() -> Response:
    """createCategory."""
    category = services.create_category(**read_json(schemas.CategoryCreation()))
    db.session.commit()
    return answer(
        schemas.show_category(category),
        201,
        etag=version_tag(category.version),
        location=f"/categories/{category.id}",
    )


@blueprint.get("/categories/<uuid:category_id>")
@operation("public")
def get_category(category_id: UUID) -> Response:
    """getCategory."""
    category = queries.get_category(category_id=category_id)
    etag = version_tag(category.version)
    return not_modified(etag, public=True) or answer(
        schemas.show_category(category), etag=etag, public=True
    )


@blueprint.patch("/categories/<uuid:category_id>")
@operation("staff")
def update_category(category_id: UUID) -> Response:
    """updateCategory."""
    changes = read_json(schemas.CategoryUpdate(), *PATCH_TYPES)
    category = services.update_category(category_id=category_id, changes=changes)
    db.session.commit()
    return answer(schemas.show_category(category), etag=version_tag(category.version))


@blueprint.delete("/categories/<uuid:category_id>")
@operation("staff")
def delete_category(category_id: UUID) -> Response:
    """deleteCategory."""
    services.delete_category(category_id=category_id)
    db.session.commit()
    return done()


@blueprint.get("/books")
@operation("public", query=schemas.BookQuery())
def list_books(query: dict[str, Any]) -> Response:
    """listBooks."""
    return page_answer(queries.list_books(**query), public=True)


@blueprint.post("/books")
@operation("staff")
def create_book() -> Response:
    """createBook."""
    book = services.create_book(**read_json(schemas.BookCreation()))
    db.session.commit()
    return _book_answer(book.id, 201, location=f"/books/{book.id}")


@blueprint.get("/books/<uuid:book_id>")
@operation("public")
def get_book(book_id: UUID) -> Response:
    """getBook."""
    book, authors, categories = queries.get_book(book_id=book_id)
    etag = version_tag(book.version)
    return not_modified(etag, public=True) or answer(
        schemas.show_book(book, authors, categories), etag=etag, public=True
    )


@blueprint.patch("/books/<uuid:book_id>")
@operation("staff")
def update_book(book_id: UUID) -> Response:
    """updateBook."""
    services.update_book(book_id=book_id, changes=read_json(schemas.BookUpdate(), *PATCH_TYPES))
    db.session.commit()
    return _book_answer(book_id)


@blueprint.delete("/books/<uuid:book_id>")
@operation("staff")
def delete_book(book_id: UUID) -> Response:
    """deleteBook."""
    services.delete_book(book_id=book_id)
    db.session.commit()
    return done()


def _book_answer(book_id: UUID, status: int = 200, *, location: str | None = None) -> Response:
    """A book as everybody sees it from now on."""
    book, authors, categories = queries.get_book(book_id=book_id)
    return answer(
        schemas.show_book(book, authors, categories),
        status,
        etag=version_tag(book.version),
        location=location,
    )
