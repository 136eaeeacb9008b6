"""How many copies of a book can be bought: GET /books/{book_id}/availability."""

from uuid import UUID

from flask import Blueprint, Response

blueprint = Blueprint("availability", __name__)


@blueprint.get("/books/<uuid:book_id>/availability")
def get_availability(book_id: UUID) -> Response:
    """Answer `{"book_id": "…", "available": 7, "in_stock": true}`."""
    raise NotImplementedError
