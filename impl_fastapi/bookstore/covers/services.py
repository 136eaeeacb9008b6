"""The rules of covers: a picture is what its bytes say, and a book has at most one."""

import asyncio
import io
from uuid import UUID

from PIL import Image
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..catalogue.models import Book
from ..database import AnyRow, now
from ..errors import NotFound, PreconditionFailed, PreconditionRequired, ValidationFailed
from ..http import Precondition, content_tag, digest
from ..problem import FieldError
from .models import Cover, covers

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
MAX_PIXELS = 4096
Image.MAX_IMAGE_PIXELS = None  # the size is checked below, before any pixel is decoded


async def put_cover(
    session: AsyncSession,
    *,
    book_id: UUID,
    content: bytes,
    content_type: str,
    precondition: Precondition,
    only_first: bool,
) -> tuple[Cover, bool]:
    """A book's cover, and whether it is the first one (putCover).

    Raises NotFound, PreconditionFailed, PreconditionRequired, ValidationFailed.
    """
    width, height = await asyncio.to_thread(_decode, content, content_type)
    book = await _locked_book(session, book_id)
    cover = await session.get(Cover, book_id)
    if only_first and cover is not None:
        raise PreconditionFailed
    if not only_first and precondition.wanted is None:
        raise PreconditionRequired
    if precondition.wanted is not None:
        precondition.require(content_tag(cover.sha256) if cover else None)
    is_first = cover is None
    cover = cover or Cover(
        book_id=book_id, content_type="", width=0, height=0, sha256="", content=b""
    )
    sha256 = digest(content)
    if cover.sha256 != sha256:
        cover.content, cover.sha256, cover.updated_at = content, sha256, now()
        cover.content_type, cover.width, cover.height = content_type, width, height
    if is_first:
        book.renew()
    session.add(cover)
    await session.flush()
    return cover, is_first


async def delete_cover(session: AsyncSession, *, book_id: UUID, precondition: Precondition) -> None:
    """No more of a cover (deleteCover).

    Raises NotFound, PreconditionFailed, PreconditionRequired.
    """
    book = await _locked_book(session, book_id)
    cover = await session.get(Cover, book_id)
    if cover is None:
        raise NotFound
    precondition.require(content_tag(cover.sha256))
    book.renew()
    await session.delete(cover)
    await session.flush()


async def get_cover(connection: AsyncConnection, *, book_id: UUID) -> AnyRow:
    """A book's cover (getCover).

    Raises NotFound.
    """
    statement = select(covers.content_type, covers.sha256, covers.content)
    row = (await connection.execute(statement.where(covers.book_id == book_id))).first()
    if row is None:
        raise NotFound
    return row


def _decode(content: bytes, content_type: str) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(content), formats=[FORMATS[content_type]]) as image:
            width, height = image.size
            if max(width, height) > MAX_PIXELS:
                detail = f"must have at most {MAX_PIXELS} pixels in width and height"
                raise ValidationFailed(FieldError("body", "", "range", detail))
            image.load()
    except ValidationFailed:
        raise
    except Exception as error:
        detail = "must be a complete image of the type in Content-Type"
        raise ValidationFailed(FieldError("body", "", "format", detail)) from error
    return width, height


async def _locked_book(session: AsyncSession, book_id: UUID) -> Book:
    book = await session.get(Book, book_id, with_for_update=True)
    if book is None:
        raise NotFound
    return book
