"""The operations of the tag `covers`, in the contract's order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from ..auth import STAFF
from ..database import Reader, Transaction
from ..errors import ValidationFailed
from ..http import (
    IfMatch,
    IfMatchOptional,
    answer,
    content_tag,
    done,
    header,
    not_modified,
    require_acceptable,
)
from ..inputs import read_body, require_media_type
from ..problem import FieldError
from . import services

MAX_COVER_BYTES = 2_097_152
PICTURES = tuple(services.FORMATS)

router = APIRouter()


async def _only_first(request: Request) -> bool:
    wanted = header(request, "If-None-Match")
    if wanted not in {None, "*"}:
        raise ValidationFailed(FieldError("header", "If-None-Match", "choice", "must be *"))
    return wanted == "*"


@router.get("/books/{book_id:uuid}/cover")
async def get_cover(request: Request, book_id: UUID, reader: Reader) -> Response:
    """getCover."""
    cover = await services.get_cover(reader, book_id=book_id)
    require_acceptable(request, cover.content_type)
    etag = content_tag(cover.sha256)
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Content-Type": cover.content_type}
    return not_modified(request, etag, public=True) or Response(cover.content, headers=headers)


@router.put("/books/{book_id:uuid}/cover", dependencies=[STAFF])
async def put_cover(
    request: Request,
    book_id: UUID,
    precondition: IfMatchOptional,
    only_first: Annotated[bool, Depends(_only_first)],
    transaction: Transaction,
) -> Response:
    """putCover."""
    content_type = require_media_type(request, *PICTURES)
    content = await read_body(request, MAX_COVER_BYTES)
    cover, is_first = await services.put_cover(
        transaction,
        book_id=book_id,
        content=content,
        content_type=content_type,
        precondition=precondition,
        only_first=only_first,
    )
    shown = {
        "content_type": cover.content_type,
        "width": cover.width,
        "height": cover.height,
        "size": len(content),
    }
    etag = content_tag(cover.sha256)
    if is_first:
        return answer(shown, 201, etag=etag, location=f"/books/{book_id}/cover")
    return answer(shown, etag=etag)


@router.delete("/books/{book_id:uuid}/cover", dependencies=[STAFF])
async def delete_cover(book_id: UUID, precondition: IfMatch, transaction: Transaction) -> Response:
    """deleteCover."""
    await services.delete_cover(transaction, book_id=book_id, precondition=precondition)
    return done()
