"""The rules of reviews: who may write one, and a book's rating, which moves with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, QuerySet

from ..accounts.models import User
from ..auth import Caller
from ..catalogue.models import Book
from ..database import unique
from ..errors import AlreadyReviewed, Forbidden, NotFound, ReviewNotAllowed
from ..http import require_match, version_tag
from ..orders.models import OrderLine
from ..pagination import Order, Page, page_of, paged
from .models import Review
from .schemas import show_review

NEWEST = Order("newest", F("created_at"), datetime, descending=True)
COLUMNS = (
    "id",
    "book_id",
    "user_id",
    "rating",
    "title",
    "body",
    "version",
    "created_at",
    "updated_at",
    "author_name",
)


def list_reviews(*, book_id: UUID, limit: int, cursor: str | None) -> Page:
    """A page of a book's reviews, newest first.

    Raises:
        NotFound: there is no such book.
        ValidationFailed: the cursor is not one of this list.
    """
    reviews = paged(_signed(Review.objects.filter(book=book_id)), NEWEST, limit, cursor)
    if not Book.objects.filter(id=book_id).exists():
        raise NotFound
    return page_of(
        reviews.values_list(*COLUMNS, "sort_key", named=True), NEWEST, limit, show_review
    )


@transaction.atomic
def create_review(
    *, book_id: UUID, user_id: UUID, rating: int, title: str | None = None, body: str | None = None
) -> Any:
    """Review a book that was delivered to the user.

    Raises:
        NotFound: there is no such book.
        ReviewNotAllowed: it was never delivered to them.
        AlreadyReviewed: they have reviewed it.
    """
    delivered = OrderLine.objects.delivered_to(user_id).filter(book=book_id)
    name, allowed = User.objects.values_list("name", Exists(delivered)).get(id=user_id)
    if not allowed:
        raise ReviewNotAllowed if Book.objects.filter(id=book_id).exists() else NotFound
    with unique(AlreadyReviewed):
        review: Any = Review.objects.create(
            book_id=book_id, user_id=user_id, rating=rating, title=title, body=body
        )
    _move_rating(book_id, rating, 1)
    review.author_name = name
    return review


def get_review(*, review_id: UUID) -> Any:
    """One review.

    Raises:
        NotFound: there is none with this id.
    """
    review = _signed(Review.objects.filter(id=review_id)).values_list(*COLUMNS, named=True).first()
    if review is None:
        raise NotFound
    return review


@transaction.atomic
def update_review(*, review_id: UUID, changes: dict[str, Any], if_match: str | None) -> Any:
    """Change a review, whose owner has been asked for by `require_author`.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    review = _lock(review_id)
    require_match(if_match, version_tag(review.version))
    difference = changes.get("rating", review.rating) - review.rating
    if any(getattr(review, name) != value for name, value in changes.items()):
        for name, value in changes.items():
            setattr(review, name, value)
        review.renew()
    if difference:
        _move_rating(review.book_id, difference, 0)
    return review


@transaction.atomic
def delete_review(*, review_id: UUID, caller: Caller | User, if_match: str | None) -> None:
    """Remove a review.

    Raises:
        Forbidden: it is somebody else's, and the caller no staff.
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    review = _lock(review_id)
    if review.user_id != caller.id and not caller.is_staff:
        raise Forbidden("Only the author of a review or staff can delete it.")
    require_match(if_match, version_tag(review.version))
    review.delete()
    _move_rating(review.book_id, -review.rating, -1)


def require_author(*, review_id: UUID, user_id: UUID) -> None:
    """See that a review is the user's own, before anything of the change is looked at.

    Raises:
        NotFound: there is none with this id.
        Forbidden: somebody else wrote it.
    """
    if get_review(review_id=review_id).user_id != user_id:
        raise Forbidden("Only the author of a review can change it.")


def _signed(reviews: QuerySet[Review]) -> QuerySet[Any]:
    """`reviews` with their authors' names as they are now."""
    return reviews.annotate(author_name=F("user__name"))


def _lock(review_id: UUID) -> Any:
    review = _signed(Review.objects.filter(id=review_id)).select_for_update(of=("self",)).first()
    if review is None:
        raise NotFound
    return review


def _move_rating(book_id: UUID, stars: int, reviews: int) -> None:
    """Let a book's rating follow; nobody edited the book, so `updated_at` stays."""
    Book.objects.filter(id=book_id).update(
        rating_sum=F("rating_sum") + stars,
        rating_count=F("rating_count") + reviews,
        version=F("version") + 1,
    )
