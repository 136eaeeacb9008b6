"""The operations of the tag covers, in the contract's order."""

from uuid import UUID

from flask import Blueprint, Response, request

from ..auth import operation
from ..database import db
from ..errors import FieldError, ValidationFailed
from ..http import answer, done, not_modified, read_body, require_acceptable, require_media_type
from . import services

MAX_COVER_BYTES = 2_097_152

blueprint = Blueprint("covers", __name__)


@blueprint.get("/books/<uuid:book_id>/cover")
@operation("public")
def get_cover(book_id: UUID) -> Response:
    """getCover."""
    cover = services.get_cover(book_id=book_id)
    require_acceptable([cover.content_type])
    etag = services.cover_tag(cover.sha256)
    if unchanged := not_modified(etag, public=True):
        return unchanged
    response = Response(cover.content, content_type=cover.content_type)
    response.headers.update({"ETag": etag, "Cache-Control": "no-cache"})
    return response


@blueprint.put("/books/<uuid:book_id>/cover")
@operation("staff")
def put_cover(book_id: UUID) -> Response:
    """putCover."""
    content_type = require_media_type(*services.FORMATS)
    cover, created = services.put_cover(
        book_id=book_id,
        content=read_body(MAX_COVER_BYTES),
        content_type=content_type,
        first_only=_wants_the_first(),
        conditional="If-Match" in request.headers,
    )
    db.session.commit()
    shown = {
        "content_type": cover.content_type,
        "width": cover.width,
        "height": cover.height,
        "size": len(cover.content),
    }
    etag = services.cover_tag(cover.sha256)
    if created:
        return answer(shown, 201, etag=etag, location=f"/books/{book_id}/cover")
    return answer(shown, etag=etag)


@blueprint.delete("/books/<uuid:book_id>/cover")
@operation("staff")
def delete_cover(book_id: UUID) -> Response:
    """deleteCover."""
    services.delete_cover(book_id=book_id)
    db.session.commit()
    return done()


def _wants_the_first() -> bool:
    wanted = request.headers.get("If-None-Match")
    if wanted not in (None, "*"):
        raise ValidationFailed(FieldError("header", "If-None-Match", "choice", "must be *"))
    return wanted == "*"
