"""The rules of reviews: by who had the book, once, and the book's rating is their exact mean."""

from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..accounts.models import User, users
from ..auth import Caller
from ..catalogue.models import Book, books
from ..database import AnyRow, violated
from ..errors import AlreadyReviewed, Forbidden, NotFound, ReviewNotAllowed
from ..http import Precondition, version_tag
from ..orders.models import order_lines, orders
from ..pagination import Ordering, Page, PageQuery, fetch_page
from .models import Review, reviews
from .schemas import ReviewCreation, ReviewUpdate

_newest = Ordering("newest", reviews.created_at, reviews.id, descending=True)
_shown = select(
    reviews.id,
    reviews.book_id,
    reviews.user_id,
    reviews.rating,
    reviews.title,
    reviews.body,
    reviews.version,
    reviews.created_at,
    reviews.updated_at,
    users.name.label("author_name"),
).join(User, users.id == reviews.user_id)
_pages = _newest.sorted(_shown)

SignedReview = tuple[Review, str]


async def list_reviews(connection: AsyncConnection, *, book_id: UUID, query: PageQuery) -> Page:
    """A page of what readers say of a book, newest first (listReviews).

    Raises NotFound, ValidationFailed for a bad cursor.
    """
    if (await connection.execute(select(books.id).where(books.id == book_id))).first() is None:
        raise NotFound
    statement = _pages.where(reviews.book_id == book_id)
    return await fetch_page(connection, statement, _newest, limit=query.limit, cursor=query.cursor)


async def create_review(
    session: AsyncSession, *, book_id: UUID, user_id: UUID, data: ReviewCreation
) -> SignedReview:
    """What somebody says of a book that was delivered to them, and their name (createReview).

    Raises AlreadyReviewed, NotFound, ReviewNotAllowed.
    """
    delivered = (
        exists()
        .where(order_lines.order_id == orders.id, order_lines.book_id == book_id)
        .where(orders.user_id == user_id, orders.state == "delivered")
    )
    statement = select(users.name, delivered.label("delivered")).where(
        users.id == user_id, books.id == book_id
    )
    reader = (await session.execute(statement)).first()
    if reader is None:
        raise NotFound
    if not reader.delivered:
        raise ReviewNotAllowed
    review = Review(book_id=book_id, user_id=user_id, **data.model_dump())
    session.add(review)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated(error) == "uq_reviews_book_id_user_id":
            raise AlreadyReviewed from error
        raise
    await _rate(session, book_id, stars=review.rating, count=1)
    return review, reader.name


async def get_review(connection: AsyncConnection, *, review_id: UUID) -> AnyRow:
    """A review (getReview).

    Raises NotFound.
    """
    row = (await connection.execute(_shown.where(reviews.id == review_id))).first()
    if row is None:
        raise NotFound
    return row


async def update_review(
    session: AsyncSession, *, review_id: UUID, data: ReviewUpdate, precondition: Precondition
) -> Review:
    """What the patch names (updateReview); a new rating moves the book's.

    Raises NotFound, PreconditionFailed, PreconditionRequired.
    """
    review = await _locked(session, review_id)
    precondition.require(version_tag(review.version))
    changes = data.model_dump(exclude_unset=True)
    if any(getattr(review, name) != value for name, value in changes.items()):
        more_stars = changes.get("rating", review.rating) - review.rating
        review.sqlmodel_update(changes)
        review.renew()
        await session.flush()
        if more_stars:
            await _rate(session, review.book_id, stars=more_stars)
    return review


async def delete_review(
    session: AsyncSession, *, review_id: UUID, caller: Caller, precondition: Precondition
) -> None:
    """No more of a review, by its owner or staff (deleteReview).

    Raises Forbidden, NotFound, PreconditionFailed, PreconditionRequired.
    """
    review = await _locked(session, review_id)
    if not (caller.is_staff or review.user_id == caller.id):
        raise Forbidden("Only the author of a review or staff can delete it.")
    precondition.require(version_tag(review.version))
    await session.delete(review)
    await session.flush()
    await _rate(session, review.book_id, stars=-review.rating, count=-1)


async def _locked(session: AsyncSession, review_id: UUID) -> Review:
    review = await session.get(Review, review_id, with_for_update=True)
    if review is None:
        raise NotFound
    return review


async def _rate(session: AsyncSession, book_id: UUID, *, stars: int, count: int = 0) -> None:
    await session.execute(
        update(Book)
        .where(books.id == book_id)
        .values(
            rating_sum=books.rating_sum + stars,
            rating_count=books.rating_count + count,
            version=books.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
