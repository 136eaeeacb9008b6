"""The rules of covers: what a picture is, and who wins when two are set at once."""

import hashlib
import io
import warnings
from uuid import UUID

from PIL import Image, UnidentifiedImageError
from sqlalchemy import select

from ..catalogue.services import lock_book
from ..database import AnyRow, db, reading, utc_now
from ..errors import (
    FieldError,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    ValidationFailed,
)
from ..http import require_match
from .models import Cover

MAX_SIDE = 4096
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


def put_cover(
    *, book_id: UUID, content: bytes, content_type: str, first_only: bool, conditional: bool
) -> tuple[Cover, bool]:
    """Set or replace a book's cover; True where it is the first one.

    `first_only` is `If-None-Match: *`, `conditional` the presence of `If-Match`.

    Raises:
        NotFound: there is no such book.
        ValidationFailed: the picture is broken, too large, or not what `content_type` says.
        PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    width, height = measure(content, content_type)
    book = lock_book(book_id)
    cover = db.session.get(Cover, book_id)
    if not (first_only or conditional):
        raise PreconditionRequired
    if first_only if cover else conditional:  # both: each has to hold (RFC 9110 13.2.2)
        raise PreconditionFailed
    if cover:
        require_match(cover_tag(cover.sha256))
    created = cover is None
    cover = cover or Cover(book_id=book_id)
    cover.content, cover.content_type, cover.width, cover.height = (
        content,
        content_type,
        width,
        height,
    )
    cover.updated_at = utc_now()
    cover.sha256 = hashlib.sha256(content).hexdigest()
    db.session.add(cover)
    if created:
        book.touch()
    db.session.flush()
    return cover, created


def get_cover(*, book_id: UUID) -> AnyRow:
    """A book's cover.

    Raises:
        NotFound: there is no such book, or it has none.
    """
    with reading() as connection:
        cover = connection.execute(
            select(Cover.content, Cover.content_type, Cover.sha256).where(Cover.book_id == book_id)
        ).first()
    if cover is None:
        raise NotFound
    return cover


def delete_cover(*, book_id: UUID) -> None:
    """Remove a book's cover.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    book = lock_book(book_id)
    cover = db.session.get(Cover, book_id)
    if cover is None:
        raise NotFound
    require_match(cover_tag(cover.sha256))
    db.session.delete(cover)
    book.touch()
    db.session.flush()


def cover_tag(sha256: str) -> str:
    """A cover's strong entity tag."""
    return f'"{sha256[:32]}"'


def measure(content: bytes, content_type: str) -> tuple[int, int]:
    """Width and height of a picture that can be decoded; its size is looked at before its pixels.

    Raises:
        ValidationFailed: it is broken, too large, or not what `content_type` says.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[FORMATS[content_type]]) as picture:
                if max(picture.size) > MAX_SIDE:
                    raise _too_large()
                picture.load()
                return picture.size
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_large() from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        # Not Pillow's own message, which names objects in memory
        detail = "must be a complete image of the type in Content-Type"
        raise ValidationFailed(FieldError("body", "", "format", detail)) from None


def _too_large() -> ValidationFailed:
    return ValidationFailed(
        FieldError("body", "", "range", f"must have at most {MAX_SIDE} pixels in width and height")
    )
