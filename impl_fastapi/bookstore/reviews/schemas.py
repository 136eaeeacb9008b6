"""What goes over the wire about reviews, named as in the contract."""

from typing import Annotated, Any

from ..fields import LONG_TEXT, StrictModel, integer, text
from ..http import timestamp

Stars = Annotated[int, integer(1, 5)]
Title = Annotated[str, text(1, 120)]
Body = Annotated[str, text(1, 5000, LONG_TEXT)]


class ReviewCreation(StrictModel):
    """Body of `createReview`."""

    rating: Stars
    title: Title | None = None
    body: Body | None = None


class ReviewUpdate(StrictModel):
    """Body of `updateReview`; what is absent stays as it is."""

    rating: Stars = 0
    title: Title | None = None
    body: Body | None = None


def show_review(review: Any, author_name: str) -> dict[str, Any]:
    """A review as `Review`, under the reviewer's name of today."""
    return {
        "id": review.id,
        "book_id": review.book_id,
        "author_name": author_name,
        "rating": review.rating,
        "title": review.title,
        "body": review.body,
        "created_at": timestamp(review.created_at),
        "updated_at": timestamp(review.updated_at),
    }
