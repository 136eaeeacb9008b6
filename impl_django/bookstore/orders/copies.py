"""The copies that orders promise and take, for all lines at once; books are locked in id order.

`0 ≤ reserved ≤ on_hand` is for `ck_books_stock` to hold; these keep to it under the locks.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from ..cart.store import CartItem
from ..catalogue.locks import lock_books
from ..catalogue.models import Book
from ..environment import current_settings
from ..errors import InsufficientStock, PriceChanged
from ..http import money
from ..stock.models import StockAdjustment
from .models import Order, OrderLine


def books_of(book_ids: Iterable[UUID]) -> dict[UUID, Book]:
    """Those of the books that there are, locked."""
    return {book.id: book for book in lock_books(list(book_ids))}


def require_stock(items: Iterable[CartItem], books: Mapping[UUID, Book]) -> None:
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


def require_prices(items: Iterable[CartItem], books: Mapping[UUID, Book]) -> None:
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


def reserve_copies(order: Order) -> None:
    """Promise copies of books that are locked, and known to have so many."""
    _move(order, reserved=F("reserved") + _quantity(order))


def release_copies(order: Order) -> list[OrderLine]:
    """Take back what an order was promised; its lines, in their order."""
    lines = lines_of(order)
    lock_books([line.book_id for line in lines])
    _move(order, reserved=F("reserved") - _quantity(order))
    return lines


def take_copies(order: Order, user_id: UUID) -> list[OrderLine]:
    """Take what an order was promised from the shelf, and book it; its lines, in their order."""
    lines = lines_of(order)
    books = books_of(line.book_id for line in lines)
    _move(order, on_hand=F("on_hand") - _quantity(order), reserved=F("reserved") - _quantity(order))
    StockAdjustment.objects.bulk_create(
        StockAdjustment(
            book_id=line.book_id,
            delta=-line.quantity,
            reason="shipped",
            on_hand=books[line.book_id].on_hand - line.quantity,
            user_id=user_id,
        )
        for line in lines
    )
    return lines


def lines_of(order: Order) -> list[OrderLine]:
    """An order's lines, in their order."""
    return list(OrderLine.objects.filter(order=order).order_by("position"))


def _move(order: Order, **counts: Any) -> None:
    """Change the counts of an order's books in one statement, without a new `updated_at`."""
    books = Book.objects.filter(id__in=OrderLine.objects.filter(order=order).values("book"))
    books.update(**counts, version=F("version") + 1)


def _quantity(order: Order) -> Subquery:
    """A subquery, for each book, of the number of its copies in an order."""
    return Subquery(OrderLine.objects.filter(order=order, book=OuterRef("id")).values("quantity"))
