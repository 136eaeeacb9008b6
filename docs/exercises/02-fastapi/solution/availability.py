"""How many copies of a book can be bought: GET /books/{book_id}/availability."""

from uuid import UUID

from bookstore.catalogue.models import books
from bookstore.database import Reader
from bookstore.errors import NotFound
from bookstore.http import answer, not_modified, version_tag
from fastapi import APIRouter, Request, Response
from sqlalchemy import select

router = APIRouter()

_availability = select(books.version, (books.on_hand - books.reserved).label("available"))


@router.get("/books/{book_id:uuid}/availability")
async def get_availability(request: Request, book_id: UUID, reader: Reader) -> Response:
    """Answer `{"book_id": "…", "available": 7, "in_stock": true}`."""
    row = (await reader.execute(_availability.where(books.id == book_id))).first()
    if row is None:
        raise NotFound
    etag = version_tag(row.version)
    shown = {"book_id": str(book_id), "available": row.available, "in_stock": row.available > 0}
    known = not_modified(request, etag, public=True)
    return known or answer(shown, etag=etag, public=True)
