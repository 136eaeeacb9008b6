"""The copies that orders promise and take, for all lines at once; books are locked in id order.

0 ≤ reserved ≤ on_hand is `ck_books_stock`'s to hold; these keep to it under the locks.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..cart.store import CartItem
from ..catalogue.models import Book, books
from ..database import AnyRow
from ..errors import InsufficientStock, PriceChanged
from ..http import money
from ..stock.models import StockAdjustment
from .models import OrderLine, order_lines

_locked_lines: Select[Any] = (
    select(
        order_lines.position,
        order_lines.book_id,
        order_lines.isbn,
        order_lines.title,
        order_lines.quantity,
        order_lines.unit_amount,
    )
    .join_from(OrderLine, Book, books.id == order_lines.book_id)
    .order_by(order_lines.book_id)
    .with_for_update(of=Book)
)


async def books_of(session: AsyncSession, book_ids: Sequence[UUID]) -> dict[UUID, AnyRow]:
    """Books by id, locked."""
    shown = select(
        books.id, books.isbn, books.title, books.price_amount, books.on_hand, books.reserved
    )
    locked = shown.where(books.id.in_(book_ids)).order_by(books.id).with_for_update()
    return {book.id: book for book in await session.execute(locked)}


def require_stock(items: Sequence[CartItem], books: Mapping[UUID, AnyRow]) -> None:
    """Refuse more copies than are available. Raises InsufficientStock, naming every book."""
    short = [
        {"book_id": item.book_id, "requested": item.quantity, "available": available}
        for item in items
        if (available := books[item.book_id].on_hand - books[item.book_id].reserved) < item.quantity
    ]
    if short:
        raise InsufficientStock("Fewer copies are available than the cart contains.", items=short)


def require_prices(items: Sequence[CartItem], books: Mapping[UUID, AnyRow]) -> None:
    """Refuse prices that the cart does not show. Raises PriceChanged, naming every book."""
    repriced = [
        {"book_id": item.book_id, "cart_price": money(item.unit_amount), "price": money(price)}
        for item in items
        if (price := books[item.book_id].price_amount) != item.unit_amount
    ]
    if repriced:
        raise PriceChanged(items=repriced)


async def reserve_copies(session: AsyncSession, quantities: Mapping[UUID, int]) -> None:
    """Promise copies of books that are locked, and known to have so many."""
    await _move(session, quantities, reserved=1)


async def release_copies(session: AsyncSession, order_id: UUID) -> Sequence[AnyRow]:
    """Take back what an order was promised; its lines, in their order."""
    lines = (await session.execute(_locked_lines.where(order_lines.order_id == order_id))).all()
    await _move(session, _quantities(lines), reserved=-1)
    return _in_order(lines)


async def take_copies(session: AsyncSession, order_id: UUID, user_id: UUID) -> Sequence[AnyRow]:
    """Take what an order was promised from the shelf, and book it; its lines, in their order."""
    lines = (await session.execute(_locked_lines.where(order_lines.order_id == order_id))).all()
    on_hand = await _move(session, _quantities(lines), on_hand=-1, reserved=-1)
    session.add_all(
        StockAdjustment(
            book_id=line.book_id,
            delta=-line.quantity,
            reason="shipped",
            on_hand=on_hand[line.book_id],
            user_id=user_id,
        )
        for line in lines
    )
    await session.flush()
    return _in_order(lines)


async def _move(
    session: AsyncSession, quantities: Mapping[UUID, int], *, on_hand: int = 0, reserved: int = 0
) -> dict[UUID, int]:
    """Change counts by so many times each quantity, in one statement; what is on hand then."""
    quantity = case(dict(quantities), value=books.id)
    moved = await session.execute(
        update(Book)
        .where(books.id.in_(quantities))
        .values(
            on_hand=books.on_hand + on_hand * quantity,
            reserved=books.reserved + reserved * quantity,
            version=books.version + 1,
        )
        .returning(books.id, books.on_hand)
        .execution_options(synchronize_session=False)
    )
    return dict(moved.tuples().all())


def _quantities(lines: Sequence[AnyRow]) -> dict[UUID, int]:
    return {line.book_id: line.quantity for line in lines}


def _in_order(lines: Sequence[AnyRow]) -> Sequence[AnyRow]:
    return sorted(lines, key=lambda line: line.position)
