"""The operations of the tag `reviews`, in the contract's order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from ..auth import SIGNED_IN, SignedIn
from ..database import AnyRow, Reader, Transaction
from ..errors import Forbidden
from ..http import IfMatch, answer, done, not_modified, version_tag
from ..inputs import read_json, read_patch, read_query
from ..pagination import PageQuery, page_answer
from . import services
from .schemas import ReviewCreation, ReviewUpdate, show_review

router = APIRouter()


async def _own_review(request: Request, review_id: UUID, caller: SignedIn) -> AnyRow:
    """The caller's review as it is before a change, let go of before the body is read."""
    async with request.app.state.reading.connect() as connection:
        review = await services.get_review(connection, review_id=review_id)
    if review.user_id != caller.id:
        raise Forbidden("Only the author of a review can change it.")
    return review


OWN_REVIEW = Depends(_own_review)
OwnReview = Annotated[AnyRow, OWN_REVIEW]


@router.get("/books/{book_id:uuid}/reviews")
async def list_reviews(
    request: Request,
    book_id: UUID,
    query: Annotated[PageQuery, read_query(PageQuery)],
    reader: Reader,
) -> Response:
    """listReviews."""
    page = await services.list_reviews(reader, book_id=book_id, query=query)
    return page_answer(
        request, page, lambda review: show_review(review, review.author_name), public=True
    )


@router.post("/books/{book_id:uuid}/reviews", dependencies=[SIGNED_IN])
async def create_review(
    book_id: UUID,
    caller: SignedIn,
    data: Annotated[ReviewCreation, read_json(ReviewCreation)],
    transaction: Transaction,
) -> Response:
    """createReview."""
    review, author_name = await services.create_review(
        transaction, book_id=book_id, user_id=caller.id, data=data
    )
    etag = version_tag(review.version)
    shown = show_review(review, author_name)
    return answer(shown, 201, etag=etag, location=f"/reviews/{review.id}")


@router.get("/reviews/{review_id:uuid}")
async def get_review(request: Request, review_id: UUID, reader: Reader) -> Response:
    """getReview."""
    review = await services.get_review(reader, review_id=review_id)
    etag = version_tag(review.version)
    known = not_modified(request, etag, public=True)
    return known or answer(show_review(review, review.author_name), etag=etag, public=True)


@router.patch("/reviews/{review_id:uuid}", dependencies=[OWN_REVIEW])
async def update_review(
    review_id: UUID,
    own_review: OwnReview,
    data: Annotated[ReviewUpdate, read_patch(ReviewUpdate)],
    precondition: IfMatch,
    transaction: Transaction,
) -> Response:
    """updateReview."""
    review = await services.update_review(
        transaction, review_id=review_id, data=data, precondition=precondition
    )
    shown = show_review(review, own_review.author_name)
    return answer(shown, etag=version_tag(review.version))


@router.delete("/reviews/{review_id:uuid}", dependencies=[SIGNED_IN])
async def delete_review(
    review_id: UUID, caller: SignedIn, precondition: IfMatch, transaction: Transaction
) -> Response:
    """deleteReview."""
    await services.delete_review(
        transaction, review_id=review_id, caller=caller, precondition=precondition
    )
    return done()
