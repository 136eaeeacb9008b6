"""The operations of the tag covers, in the contract's order."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..errors import FieldError, ValidationFailed
from ..http import answer, done, if_match, not_modified, read_body, require_media_type
from ..negotiation import require_acceptable
from . import services

MAX_COVER_BYTES = 2_097_152


class CoverOperations(Operations):
    """Pictures of books."""

    @operation("public")
    def get_cover(self, request: Request, book_id: UUID) -> HttpResponse:
        """getCover."""
        cover = services.get_cover(book_id=book_id)
        require_acceptable(request, cover.content_type)
        headers = {"ETag": services.cover_tag(cover.sha256), "Cache-Control": "no-cache"}
        return not_modified(request, headers["ETag"], public=True) or HttpResponse(
            bytes(cover.content), content_type=cover.content_type, headers=headers
        )

    @operation("staff")
    def put_cover(self, request: Request, book_id: UUID) -> HttpResponse:
        """putCover."""
        content_type = require_media_type(request, *services.FORMATS)
        cover, created = services.put_cover(
            book_id=book_id,
            content=read_body(request, MAX_COVER_BYTES),
            content_type=content_type,
            first_only=_wants_the_first(request),
            if_match=if_match(request),
        )
        shown = {
            "content_type": content_type,
            "width": cover.width,
            "height": cover.height,
            "size": len(cover.content),
        }
        etag = services.cover_tag(cover.sha256)
        if created:
            return answer(shown, 201, etag=etag, location=f"/books/{book_id}/cover")
        return answer(shown, etag=etag)

    @operation("staff")
    def delete_cover(self, request: Request, book_id: UUID) -> HttpResponse:
        """deleteCover."""
        services.delete_cover(book_id=book_id, if_match=if_match(request))
        return done()


def _wants_the_first(request: Request) -> bool:
    wanted = request.headers.get("If-None-Match")
    if wanted not in (None, "*"):
        raise ValidationFailed(FieldError("header", "If-None-Match", "choice", "must be *"))
    return wanted == "*"
