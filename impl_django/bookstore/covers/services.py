"""The rules of covers: what a picture is, and who wins when two are set at once."""

import hashlib
import io
from typing import Any
from uuid import UUID

from django.db import transaction
from PIL import Image

from ..catalogue.locks import lock_book
from ..catalogue.models import Book
from ..database import changed, now
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

Image.MAX_IMAGE_PIXELS = None  # `measure` looks at the size itself, before the pixels


@transaction.atomic
def put_cover(
    *, book_id: UUID, content: bytes, content_type: str, first_only: bool, if_match: str | None
) -> tuple[Cover, bool]:
    """Set or replace a book's cover; return it, and whether it is the book's first.

    `first_only` is `If-None-Match: *`.

    Raises:
        NotFound: there is no such book.
        ValidationFailed: the picture is broken, too large, or not what `content_type` says.
        PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    width, height = measure(content, content_type)
    lock_book(book_id)
    known = Cover.objects.filter(book=book_id).values_list("sha256", flat=True).first()
    if not first_only and if_match is None:
        raise PreconditionRequired
    if first_only if known else if_match is not None:  # both: each has to hold (RFC 9110 13.2.2)
        raise PreconditionFailed
    if known:
        require_match(if_match, cover_tag(known))
    cover = Cover(
        book_id=book_id,
        content_type=content_type,
        width=width,
        height=height,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        updated_at=now(),
    )
    cover.save(force_insert=not known, force_update=bool(known))
    if not known:
        _renew(book_id)
    return cover, not known


def get_cover(*, book_id: UUID) -> Any:
    """A book's cover.

    Raises:
        NotFound: there is no such book, or it has none.
    """
    cover = (
        Cover.objects.filter(book=book_id)
        .values_list("content", "content_type", "sha256", named=True)
        .first()
    )
    if cover is None:
        raise NotFound
    return cover


@transaction.atomic
def delete_cover(*, book_id: UUID, if_match: str | None) -> None:
    """Remove a book's cover.

    Raises:
        NotFound, PreconditionRequired, PreconditionFailed: as for every guarded write.
    """
    lock_book(book_id)
    cover = Cover.objects.filter(book=book_id).defer("content").first()
    if cover is None:
        raise NotFound
    require_match(if_match, cover_tag(cover.sha256))
    cover.delete()
    _renew(book_id)


def _renew(book_id: UUID) -> None:
    """The book shows, or no longer shows, where its cover is."""
    Book.objects.filter(id=book_id).update(**changed())


def cover_tag(sha256: str) -> str:
    """A cover's strong entity tag."""
    return f'"{sha256[:32]}"'


def measure(content: bytes, content_type: str) -> tuple[int, int]:
    """Width and height of a picture that can be decoded; its size is looked at before its pixels.

    Raises:
        ValidationFailed: it is broken, too large, or not what `content_type` says.
    """
    try:
        with Image.open(io.BytesIO(content), formats=[FORMATS[content_type]]) as picture:
            width, height = picture.size
            if max(width, height) <= MAX_SIDE:
                picture.load()
    except Exception:  # noqa: BLE001 -- decoders raise many types, always because of the bytes
        # Not Pillow's own message, which names objects in memory
        detail = "must be a complete image of the type in Content-Type"
        raise ValidationFailed(FieldError("body", "", "format", detail)) from None
    if max(width, height) > MAX_SIDE:
        raise ValidationFailed(
            FieldError(
                "body", "", "range", f"must have at most {MAX_SIDE} pixels in width and height"
            )
        )
    return width, height
