"""The operations of the tag reviews, in the contract's order."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g

from ..auth import operation
from ..database import db
from ..errors import Forbidden
from ..http import PATCH_TYPES, answer, done, not_modified, read_json, version_tag
from ..pagination import PageQuery, page_answer
from . import schemas, services

blueprint = Blueprint("reviews", __name__)


@blueprint.get("/books/<uuid:book_id>/reviews")
@operation("public", query=PageQuery())
def list_reviews(book_id: UUID, query: dict[str, Any]) -> Response:
    """listReviews."""
    return page_answer(services.list_reviews(book_id=book_id, **query), public=True)


@blueprint.post("/books/<uuid:book_id>/reviews")
@operation("customer")
def create_review(book_id: UUID) -> Response:
    """createReview."""
    fields = read_json(schemas.ReviewCreation())
    review, author_name = services.create_review(book_id=book_id, user_id=g.caller.id, **fields)
    db.session.commit()
    return answer(
        schemas.show_review(review, author_name),
        201,
        etag=version_tag(review.version),
        location=f"/reviews/{review.id}",
    )


@blueprint.get("/reviews/<uuid:review_id>")
@operation("public")
def get_review(review_id: UUID) -> Response:
    """getReview."""
    review = services.get_review(review_id=review_id)
    etag = version_tag(review.version)
    return not_modified(etag, public=True) or answer(
        schemas.show_review(review, review.author_name), etag=etag, public=True
    )


@blueprint.patch("/reviews/<uuid:review_id>")
@operation("customer")
def update_review(review_id: UUID) -> Response:
    """updateReview."""
    known = services.get_review(review_id=review_id)
    if known.user_id != g.caller.id:
        raise Forbidden("Only the author of a review can change it.")
    changes = read_json(schemas.ReviewUpdate(), *PATCH_TYPES)
    review = services.update_review(review_id=review_id, changes=changes)
    db.session.commit()
    return answer(schemas.show_review(review, known.author_name), etag=version_tag(review.version))


@blueprint.delete("/reviews/<uuid:review_id>")
@operation("customer")
def delete_review(review_id: UUID) -> Response:
    """deleteReview."""
    services.delete_review(review_id=review_id, caller=g.caller)
    db.session.commit()
    return done()
