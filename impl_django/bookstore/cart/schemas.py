"""What goes over the wire for carts."""

from typing import Any

from ..environment import current_settings
from ..fields import Integer, StrictSerializer
from ..http import money, timestamp


class CartItemUpdate(StrictSerializer):
    """The contract's CartItemUpdate."""

    quantity = Integer(1, 99)


def show_cart(cart: Any, books: dict[Any, Any]) -> dict[str, Any]:
    """The contract's Cart; `books` are those of its items that are still sold."""
    currency = current_settings().currency
    items = [item for item in cart.items if item.book_id in books]
    return {
        "items": [
            {
                "book_id": str(item.book_id),
                "title": books[item.book_id].title,
                "quantity": item.quantity,
                "unit_price": money(item.unit_amount, currency),
                "line_total": money(item.quantity * item.unit_amount, currency),
                "available": books[item.book_id].available,
            }
            for item in items
        ],
        "total": money(sum(item.quantity * item.unit_amount for item in items), currency),
        "expires_at": timestamp(cart.expires_at) if cart.expires_at else None,
    }
