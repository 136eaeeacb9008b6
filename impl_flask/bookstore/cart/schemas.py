"""What goes over the wire for carts."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ..fields import Integer, StrictSchema
from ..http import content_tag, money
from ..settings import current_settings
from .store import Cart

AnyBooks = Mapping[UUID, Any]


class CartItemUpdate(StrictSchema):
    """The contract's CartItemUpdate."""

    quantity = Integer(1, 99, required=True)


def show_cart(cart: Cart, books: AnyBooks) -> dict[str, Any]:
    """The contract's Cart, from the document and its books' rows; deleted books are left out."""
    currency = current_settings().currency
    items = [
        {
            "book_id": str(item.book_id),
            "title": books[item.book_id].title,
            "quantity": item.quantity,
            "unit_price": money(item.unit_amount, currency),
            "line_total": money(item.quantity * item.unit_amount, currency),
            "available": books[item.book_id].available,
        }
        for item in cart.items
        if item.book_id in books
    ]
    total = sum(item["line_total"]["amount"] for item in items)
    return {"items": items, "total": money(total, currency), "expires_at": cart.expires_at}


def cart_tag(cart: Cart, books: AnyBooks) -> str:
    """A cart's strong entity tag, from its version and the book data that it shows (storage.md)."""
    shown = [books[item.book_id] for item in cart.items if item.book_id in books]
    value = [cart.version, [[book.title, book.available] for book in shown]]
    return content_tag(json.dumps(value, separators=(",", ":")).encode())
