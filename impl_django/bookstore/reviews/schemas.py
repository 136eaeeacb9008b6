"""What goes over the wire for reviews."""

from typing import Any

from ..fields import LONG_TEXT, Integer, StrictSerializer, Text
from ..http import timestamp


class ReviewCreation(StrictSerializer):
    """The contract's ReviewCreation."""

    rating = Integer(1, 5)
    title = Text(1, 120, allow_null=True, required=False)
    body = Text(1, 5000, LONG_TEXT, allow_null=True, required=False)


class ReviewUpdate(StrictSerializer):
    """The contract's ReviewUpdate."""

    rating = Integer(1, 5, required=False)
    title = Text(1, 120, allow_null=True, required=False)
    body = Text(1, 5000, LONG_TEXT, allow_null=True, required=False)


def show_review(review: Any) -> dict[str, Any]:
    """The contract's Review, from a row with its `author_name`."""
    return {
        "id": str(review.id),
        "book_id": str(review.book_id),
        "author_name": review.author_name,
        "rating": review.rating,
        "title": review.title,
        "body": review.body,
        "created_at": timestamp(review.created_at),
        "updated_at": timestamp(review.updated_at),
    }
