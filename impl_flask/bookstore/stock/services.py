"""The rules of stock: each change is an entry, and never takes stock below the reserved copies."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select, update

from ..catalogue.models import Book
from ..database import db, reading, utc_now
from ..errors import FieldError, InsufficientStock, NotFound, ValidationFailed
from ..pagination import Order, Page, page_of, paged
from .models import MAX_STOCK, StockAdjustment
from .schemas import show_adjustment

NEWEST = Order("newest", StockAdjustment.created_at, StockAdjustment.id, datetime, descending=True)
_adjustment = select(
    StockAdjustment.id,
    StockAdjustment.book_id,
    StockAdjustment.delta,
    StockAdjustment.reason,
    StockAdjustment.note,
    StockAdjustment.on_hand,
    StockAdjustment.user_id,
    StockAdjustment.created_at,
)


def adjust_stock(
    *, book_id: UUID, delta: int, reason: str, user_id: UUID, note: str | None = None
) -> StockAdjustment:
    """Move a book's stock by `delta` copies and write it into the ledger.

    Raises:
        NotFound: there is no such book.
        InsufficientStock: less would be on hand than is reserved.
        ValidationFailed: more would be on hand than fits.
    """
    after = Book.on_hand + delta
    move = update(Book).where(Book.id == book_id, after >= Book.reserved, after <= MAX_STOCK)
    moved = move.values(on_hand=after, version=Book.version + 1, updated_at=utc_now()).returning(
        Book.on_hand
    )
    on_hand = db.session.execute(moved, execution_options={"synchronize_session": False}).scalar()
    if on_hand is None:
        if db.session.scalar(select(Book.id).where(Book.id == book_id)) is None:
            raise NotFound
        if delta > 0:
            raise ValidationFailed(
                FieldError(
                    "body", "/delta", "range", f"must not raise the stock on hand above {MAX_STOCK}"
                )
            )
        raise InsufficientStock
    adjustment = StockAdjustment(
        id=uuid4(),
        book_id=book_id,
        delta=delta,
        reason=reason,
        note=note,
        on_hand=on_hand,
        user_id=user_id,
        created_at=utc_now(),
    )
    db.session.add(adjustment)
    db.session.flush()
    return adjustment


def list_stock_adjustments(*, book_id: UUID, limit: int, cursor: str | None) -> Page:
    """A page of a book's ledger, newest first.

    Raises:
        NotFound: there is no such book.
        ValidationFailed: the cursor is not one of this list.
    """
    statement = paged(_adjustment.where(StockAdjustment.book_id == book_id), NEWEST, limit, cursor)
    with reading() as connection:
        if connection.execute(select(Book.id).where(Book.id == book_id)).first() is None:
            raise NotFound
        rows = connection.execute(statement).all()
    return page_of(rows, NEWEST, limit, show_adjustment)
