"""The copies that orders promise and take, for all lines at once; books are locked in id order.

`0 ≤ reserved ≤ on_hand` is for `ck_books_stock` to hold; these keep to it under the locks.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import case, select, update

from ..cart.store import CartItem
from ..catalogue.models import Book
from ..database import AnyRow, db, utc_now
from ..errors import InsufficientStock, PriceChanged
from ..http import money
from ..settings import current_settings
from ..stock.models import StockAdjustment
from .models import OrderLine

_book = select(Book.id, Book.isbn, Book.title, Book.price_amount, Book.on_hand, Book.reserved)
_locked_lines = (
    select(
        OrderLine.position,
        OrderLine.book_id,
        OrderLine.isbn,
        OrderLine.title,
        OrderLine.quantity,
        OrderLine.unit_amount,
    )
    .join(Book, Book.id == OrderLine.book_id)
    .order_by(OrderLine.book_id)
    .with_for_update(of=Book)
)


def books_of(book_ids: Iterable[UUID]) -> dict[UUID, AnyRow]:
    """Those of the books that there are, locked."""
    locked = _book.where(Book.id.in_(list(book_ids))).order_by(Book.id).with_for_update()
    return {book.id: book for book in db.session.execute(locked)}


def require_stock(items: Iterable[CartItem], books: Mapping[UUID, AnyRow]) -> None:
    """Refuse to promise more copies than are available.

    Raises:
        InsufficientStock: naming every book that is short.
    """
    short = [
        {"book_id": str(item.book_id), "requested": item.quantity, "available": available}
        for item in items
        if (available := books[item.book_id].on_hand - books[item.book_id].reserved) < item.quantity
    ]
    if short:
        raise InsufficientStock("Fewer copies are available than the cart contains.", items=short)


def require_prices(items: Iterable[CartItem], books: Mapping[UUID, AnyRow]) -> None:
    """Refuse prices that the cart does not show.

    Raises:
        PriceChanged: naming every book that has another one now.
    """
    currency = current_settings().currency
    repriced = [
        {
            "book_id": str(item.book_id),
            "cart_price": money(item.unit_amount, currency),
            "price": money(price, currency),
        }
        for item in items
        if (price := books[item.book_id].price_amount) != item.unit_amount
    ]
    if repriced:
        raise PriceChanged(items=repriced)


def reserve_copies(items: Iterable[CartItem]) -> None:
    """Promise copies of books that are locked, and known to have so many."""
    _move({item.book_id: item.quantity for item in items}, reserved=1)


def release_copies(order_id: UUID) -> Sequence[AnyRow]:
    """Take back what an order was promised; its lines, in their order."""
    lines = db.session.execute(_locked_lines.where(OrderLine.order_id == order_id)).all()
    _move(_quantities(lines), reserved=-1)
    return _in_order(lines)


def take_copies(order_id: UUID, user_id: UUID) -> Sequence[AnyRow]:
    """Take what an order was promised from the shelf, and book it; its lines, in their order."""
    lines = db.session.execute(_locked_lines.where(OrderLine.order_id == order_id)).all()
    on_hand = _move(_quantities(lines), reserved=-1, on_hand=-1)
    now = utc_now()
    db.session.add_all(
        StockAdjustment(
            id=uuid4(),
            book_id=line.book_id,
            delta=-line.quantity,
            reason="shipped",
            on_hand=on_hand[line.book_id],
            user_id=user_id,
            created_at=now,
        )
        for line in lines
    )
    return _in_order(lines)


def _move(quantities: Mapping[UUID, int], *, reserved: int, on_hand: int = 0) -> dict[UUID, int]:
    """Change counts by so many times each quantity, in one statement; what is on hand then."""
    quantity = case(dict(quantities), value=Book.id)
    values: dict[str, Any] = {
        "reserved": Book.reserved + reserved * quantity,
        "on_hand": Book.on_hand + on_hand * quantity,
        "version": Book.version + 1,
    }
    move = (
        update(Book).where(Book.id.in_(quantities)).values(values).returning(Book.id, Book.on_hand)
    )
    moved = db.session.execute(move, execution_options={"synchronize_session": False})
    return {book.id: book.on_hand for book in moved}


def _quantities(lines: Iterable[AnyRow]) -> dict[UUID, int]:
    return {line.book_id: line.quantity for line in lines}


def _in_order(lines: Iterable[AnyRow]) -> Sequence[AnyRow]:
    return sorted(lines, key=lambda line: line.position)
