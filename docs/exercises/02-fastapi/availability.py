"""How many copies of a book can be bought: GET /books/{book_id}/availability."""

from uuid import UUID

from fastapi import APIRouter, Response

router = APIRouter()


@router.get("/books/{book_id:uuid}/availability")
async def get_availability(book_id: UUID) -> Response:
    """Answer `{"book_id": "…", "available": 7, "in_stock": true}`."""
    raise NotImplementedError
