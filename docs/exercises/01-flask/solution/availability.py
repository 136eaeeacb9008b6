"""How many copies of a book can be bought: GET /books/{book_id}/availability."""

from uuid import UUID

from bookstore.auth import operation
from bookstore.catalogue.models import Book
from bookstore.database import reading
from bookstore.errors import NotFound
from bookstore.http import answer, not_modified, version_tag
from flask import Blueprint, Response
from sqlalchemy import select

blueprint = Blueprint("availability", __name__)

_availability = select(Book.version, (Book.on_hand - Book.reserved).label("available"))


@blueprint.get("/books/<uuid:book_id>/availability")
@operation("public")
def get_availability(book_id: UUID) -> Response:
    """Answer `{"book_id": "…", "available": 7, "in_stock": true}`."""
    with reading() as connection:
        row = connection.execute(_availability.where(Book.id == book_id)).first()
    if row is None:
        raise NotFound
    etag = version_tag(row.version)
    shown = {"book_id": str(book_id), "available": row.available, "in_stock": row.available > 0}
    return not_modified(etag, public=True) or answer(shown, etag=etag, public=True)
