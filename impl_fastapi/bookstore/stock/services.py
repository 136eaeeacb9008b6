"""The rules of stock: 0 ≤ reserved ≤ on_hand, and the ledger's deltas add up to on_hand."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..catalogue.models import Book, books
from ..database import now
from ..errors import InsufficientStock, NotFound, ValidationFailed
from ..pagination import Ordering, Page, PageQuery, fetch_page
from ..problem import FieldError, Problem
from .models import StockAdjustment, ledger
from .schemas import StockAdjustmentCreation

MAX_ON_HAND = 999_999_999
_newest = Ordering("newest", ledger.created_at, ledger.id, descending=True)
_entries = select(
    ledger.id,
    ledger.book_id,
    ledger.delta,
    ledger.reason,
    ledger.note,
    ledger.on_hand,
    ledger.user_id,
    ledger.created_at,
)
_pages = _newest.sorted(_entries)


async def adjust_stock(
    session: AsyncSession, *, book_id: UUID, user_id: UUID, data: StockAdjustmentCreation
) -> StockAdjustment:
    """Copies came or went (adjustStock).

    Raises InsufficientStock, NotFound, ValidationFailed if it were more than a number can hold.
    """
    after = books.on_hand + data.delta
    on_hand = await session.scalar(
        update(Book)
        .where(books.id == book_id, after.between(books.reserved, MAX_ON_HAND))
        .values(on_hand=after, version=books.version + 1, updated_at=now())
        .returning(books.on_hand)
        .execution_options(synchronize_session=False)
    )
    if on_hand is None:
        raise await _refusal(session, book_id, data.delta)
    entry = StockAdjustment(book_id=book_id, user_id=user_id, on_hand=on_hand, **data.model_dump())
    session.add(entry)
    await session.flush()
    return entry


async def list_stock_adjustments(
    connection: AsyncConnection, *, book_id: UUID, query: PageQuery
) -> Page:
    """A page of a book's ledger, newest first (listStockAdjustments).

    Raises NotFound, ValidationFailed for a bad cursor.
    """
    if (await connection.execute(select(books.id).where(books.id == book_id))).first() is None:
        raise NotFound
    statement = _pages.where(ledger.book_id == book_id)
    return await fetch_page(connection, statement, _newest, limit=query.limit, cursor=query.cursor)


async def _refusal(session: AsyncSession, book_id: UUID, delta: int) -> Problem:
    on_hand = await session.scalar(select(books.on_hand).where(books.id == book_id))
    if on_hand is None:
        return NotFound()
    if on_hand + delta > MAX_ON_HAND:
        detail = f"must not raise the stock on hand above {MAX_ON_HAND}"
        return ValidationFailed(FieldError("body", "/delta", "range", detail))
    return InsufficientStock()
