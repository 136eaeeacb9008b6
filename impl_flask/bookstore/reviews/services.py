"""The rules of reviews: a user reviews a delivered book once, and its rating changes with it.

Locks are taken in this order: the review, then its book.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update

from ..accounts.models import User
from ..auth import Caller
from ..catalogue.models import Book
from ..database import AnyRow, db, reading, refusing
from ..errors import AlreadyReviewed, Forbidden, NotFound, ReviewNotAllowed
from ..http import require_match, version_tag
from ..orders.models import DELIVERED, Order, OrderLine
from ..pagination import Order as Ordering
from ..pagination import Page, page_of, paged
from .models import Review
from .schemas import show_review

NEWEST = Ordering("newest", Review.created_at, Review.id, datetime, descending=True)
_review = select(
    Review.id,
    Review.book_id,
    Review.user_id,
    Review.rating,
    Review.title,
    Review.body,
    Review.version,
    Review.created_at,
    Review.updated_at,
    User.name.label("author_name"),
).join(User, User.id == Review.user_id)


def list_reviews(*, book_id: UUID, limit: int, cursor: str | None) -> Page:
    """A page of a book's reviews, newest first.

    Raises:
        NotFound: there is no such book.
        ValidationFailed: the cursor is not one of this list.
    """
    statement = paged(_review.where(Review.book_id == book_id), NEWEST, limit, cursor)
    with reading() as connection:
        if connection.execute(select(Book.id).where(Book.id == book_id)).first() is None:
            raise NotFound
        rows = connection.execute(statement).all()
    return page_of(rows, NEWEST, limit, lambda row: show_review(row, row.author_name))


def create_review(
    *, book_id: UUID, user_id: UUID, rating: int, title: str | None = None, body: str | None = None
) -> tuple[Review, str]:
    """Review a book; also returns the reviewer's name.

    Raises:
        NotFound: there is no such book.
        ReviewNotAllowed: no order of it was delivered to this user.
        AlreadyReviewed: they have reviewed it.
    """
    delivered = exists().where(
        Order.user_id == user_id,
        Order.state == DELIVERED,
        OrderLine.order_id == Order.id,
        OrderLine.book_id == book_id,
    )
    known = select(User.name, delivered.label("delivered")).join(Book, Book.id == book_id)
    with reading() as connection:
        reader = connection.execute(known.where(User.id == user_id)).first()
    if reader is None:
        raise NotFound
    if not reader.delivered:
        raise ReviewNotAllowed
    review = Review(book_id=book_id, user_id=user_id, rating=rating, title=title, body=body)
    with refusing(uq_reviews_book_id_user_id=AlreadyReviewed, fk_reviews_book_id=NotFound):
        db.session.add(review)
    _rate(book_id, rating, count=1)
    return review, reader.name


def get_review(*, review_id: UUID) -> AnyRow:
    """One review, with its `user_id` and `author_name`.

    Raises:
        NotFound: there is none with this id.
    """
    with reading() as connection:
        review = connection.execute(_review.where(Review.id == review_id)).first()
    if review is None:
        raise NotFound
    return review


def update_review(*, review_id: UUID, changes: dict[str, Any]) -> Review:
    """Change a review.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    review = _lock_review(review_id)
    require_match(version_tag(review.version))
    difference = changes.get("rating", review.rating) - review.rating
    review.change(**changes)
    db.session.flush()
    if difference:
        _rate(review.book_id, difference)
    return review


def delete_review(*, review_id: UUID, caller: Caller) -> None:
    """Remove a review.

    Raises:
        Forbidden: it is another customer's.
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    review = _lock_review(review_id)
    if caller.owner not in (None, review.user_id):
        raise Forbidden("Only the author of a review or staff can delete it.")
    require_match(version_tag(review.version))
    db.session.delete(review)
    db.session.flush()
    _rate(review.book_id, -review.rating, count=-1)


def _lock_review(review_id: UUID) -> Review:
    review = db.session.get(Review, review_id, with_for_update=True, populate_existing=True)
    if review is None:
        raise NotFound
    return review


def _rate(book_id: UUID, rating: int, *, count: int = 0) -> None:
    """Move the sum and the number of a book's ratings."""
    move = (
        update(Book)
        .where(Book.id == book_id)
        .values(
            rating_sum=Book.rating_sum + rating,
            rating_count=Book.rating_count + count,
            version=Book.version + 1,
        )
    )
    db.session.execute(move, execution_options={"synchronize_session": False})
