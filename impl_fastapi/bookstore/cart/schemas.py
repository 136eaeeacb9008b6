"""What goes over the wire about carts, named as in the contract."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from ..database import AnyRow
from ..fields import StrictModel, integer
from ..http import content_tag, digest, money
from .store import CartItem, StoredCart

Quantity = Annotated[int, integer(1, 99)]


class CartItemUpdate(StrictModel):
    """Body of `putCartItem`."""

    quantity: Quantity


def show_item(item: CartItem, book: AnyRow) -> dict[str, Any]:
    """An item as `CartItem`."""
    return {
        "book_id": item.book_id,
        "title": book.title,
        "quantity": item.quantity,
        "unit_price": money(item.unit_amount),
        "line_total": money(item.quantity * item.unit_amount),
        "available": book.on_hand - book.reserved,
    }


def show_cart(cart: StoredCart, books: Mapping[UUID, AnyRow]) -> dict[str, Any]:
    """A cart as `Cart`, without the books that are no longer sold."""
    items = [item for item in cart.items if item.book_id in books]
    return {
        "items": [show_item(item, books[item.book_id]) for item in items],
        "total": money(sum(item.quantity * item.unit_amount for item in items)),
        "expires_at": cart.expires_at,
    }


def cart_tag(cart: StoredCart, books: Mapping[UUID, AnyRow]) -> str:
    """The entity tag: of the document, and of what is shown of its books."""
    shown = [books[book_id] for book_id in cart.book_ids if book_id in books]
    version = str(cart.version) if cart.version else None
    seen: list[Any] = [version, [[book.title, book.on_hand - book.reserved] for book in shown]]
    return content_tag(digest(json.dumps(seen, separators=(",", ":")).encode()))
