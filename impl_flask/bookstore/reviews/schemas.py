"""What goes over the wire for reviews."""

from typing import Any

from ..fields import LONG_TEXT, Integer, StrictSchema, Text
from ..http import timestamp


class ReviewCreation(StrictSchema):
    """The contract's ReviewCreation."""

    rating = Integer(1, 5, required=True)
    title = Text(1, 120, allow_none=True)
    body = Text(1, 5000, LONG_TEXT, allow_none=True)


class ReviewUpdate(StrictSchema):
    """The contract's ReviewUpdate."""

    rating = Integer(1, 5)
    title = Text(1, 120, allow_none=True)
    body = Text(1, 5000, LONG_TEXT, allow_none=True)


def show_review(review: Any, author_name: str) -> dict[str, Any]:
    """The contract's Review, from a model or a row, and its author's name."""
    return {
        "id": str(review.id),
        "book_id": str(review.book_id),
        "author_name": author_name,
        "rating": review.rating,
        "title": review.title,
        "body": review.body,
        "created_at": timestamp(review.created_at),
        "updated_at": timestamp(review.updated_at),
    }
