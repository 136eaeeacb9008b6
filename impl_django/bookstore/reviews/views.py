"""The operations of the tag reviews, in the contract's order."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import PATCH_TYPES, answer, done, if_match, not_modified, read_json, version_tag
from ..pagination import PageQuery, page_answer
from . import schemas, services


class ReviewOperations(Operations):
    """What readers say of a book."""

    @operation("public", query=PageQuery)
    def list_reviews(self, request: Request, book_id: UUID, query: dict[str, Any]) -> HttpResponse:
        """listReviews."""
        return page_answer(request, services.list_reviews(book_id=book_id, **query), public=True)

    @operation("customer")
    def create_review(self, request: Request, book_id: UUID) -> HttpResponse:
        """createReview."""
        fields = read_json(request, schemas.ReviewCreation)
        review = services.create_review(book_id=book_id, user_id=self.caller.id, **fields)
        return answer(
            schemas.show_review(review),
            201,
            etag=version_tag(review.version),
            location=f"/reviews/{review.id}",
        )

    @operation("public")
    def get_review(self, request: Request, review_id: UUID) -> HttpResponse:
        """getReview."""
        review = services.get_review(review_id=review_id)
        etag = version_tag(review.version)
        return not_modified(request, etag, public=True) or answer(
            schemas.show_review(review), etag=etag, public=True
        )

    @operation("customer")
    def update_review(self, request: Request, review_id: UUID) -> HttpResponse:
        """updateReview."""
        services.require_author(review_id=review_id, user_id=self.caller.id)
        changes = read_json(request, schemas.ReviewUpdate, *PATCH_TYPES)
        review = services.update_review(
            review_id=review_id, changes=changes, if_match=if_match(request)
        )
        return answer(schemas.show_review(review), etag=version_tag(review.version))

    @operation("customer")
    def delete_review(self, request: Request, review_id: UUID) -> HttpResponse:
        """deleteReview."""
        services.delete_review(review_id=review_id, caller=self.caller, if_match=if_match(request))
        return done()
