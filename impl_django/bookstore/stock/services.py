"""The rules of stock: each change is an entry, and never takes stock below the reserved copies."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from ..catalogue.locks import lock_book
from ..catalogue.models import Book
from ..database import changed
from ..errors import FieldError, InsufficientStock, NotFound, ValidationFailed
from ..pagination import Order, Page, page_of, paged
from .models import StockAdjustment
from .schemas import show_adjustment

MAX_ON_HAND = 999_999_999
NEWEST = Order("newest", F("created_at"), datetime, descending=True)
COLUMNS = ("id", "book_id", "delta", "reason", "note", "on_hand", "user_id", "created_at")


@transaction.atomic
def adjust_stock(
    *, book_id: UUID, delta: int, reason: str, user_id: UUID, note: str | None = None
) -> StockAdjustment:
    """Move a book's stock by `delta` copies and write it into the ledger.

    Raises:
        NotFound: there is no such book.
        ValidationFailed: more would be on hand than fits.
        InsufficientStock: less would be on hand than is reserved.
    """
    book = lock_book(book_id)
    on_hand = book.on_hand + delta
    if on_hand > MAX_ON_HAND:
        raise ValidationFailed(
            FieldError(
                "body", "/delta", "range", f"must not raise the stock on hand above {MAX_ON_HAND}"
            )
        )
    if on_hand < book.reserved:
        raise InsufficientStock
    Book.objects.filter(id=book_id).update(on_hand=on_hand, **changed())
    return StockAdjustment.objects.create(
        book_id=book_id, delta=delta, reason=reason, note=note, on_hand=on_hand, user_id=user_id
    )


def list_stock_adjustments(*, book_id: UUID, limit: int, cursor: str | None) -> Page:
    """A page of a book's ledger, newest first.

    Raises:
        NotFound: there is no such book.
        ValidationFailed: the cursor is not one of this list.
    """
    ledger = paged(StockAdjustment.objects.filter(book=book_id), NEWEST, limit, cursor)
    if not Book.objects.filter(id=book_id).exists():
        raise NotFound
    return page_of(
        ledger.values_list(*COLUMNS, "sort_key", named=True), NEWEST, limit, show_adjustment
    )
