"""What goes over the wire for orders."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..fields import Choice, Identifier, StrictSerializer, Text
from ..http import money, timestamp
from ..pagination import PageQuery
from .models import State


class Address(StrictSerializer):
    """The contract's Address."""

    name = Text(1, 100)
    line1 = Text(1, 200)
    line2 = Text(1, 200, allow_null=True, default=None)
    postal_code = Text(1, 20)
    city = Text(1, 100)
    country = Text(2, 2, "[A-Z]{2}", form="a country code of two capital letters")


class OrderPlacement(StrictSerializer):
    """The contract's OrderPlacement."""

    shipping_address = Address()


class Shipment(StrictSerializer):
    """The contract's Shipment."""

    carrier = Text(1, 100)
    tracking_number = Text(1, 100)


class OrderQuery(PageQuery):
    """The parameters of listOrders."""

    state = Choice(*State.values, required=False)
    user_id = Identifier(required=False)


def show_order_summary(order: Any) -> dict[str, Any]:
    """The contract's OrderSummary, from a model or a row."""
    return {
        "id": str(order.id),
        "user_id": str(order.user_id),
        "state": order.state,
        "total": money(order.total_amount, order.currency),
        "captured": money(order.captured_amount, order.currency),
        "refunded": money(order.refunded_amount, order.currency),
        "created_at": timestamp(order.created_at),
        "updated_at": timestamp(order.updated_at),
    }


def show_order(order: Any, lines: Iterable[Any]) -> dict[str, Any]:
    """The contract's Order, from a model and its lines."""
    return {
        **show_order_summary(order),
        "lines": [
            {
                "book_id": str(line.book_id),
                "isbn": line.isbn,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": money(line.unit_amount, order.currency),
                "line_total": money(line.quantity * line.unit_amount, order.currency),
            }
            for line in lines
        ],
        "shipping_address": order.shipping_address,
        "expires_at": _moment(order.expires_at),
        "paid_at": _moment(order.paid_at),
        "shipped_at": _moment(order.shipped_at),
        "delivered_at": _moment(order.delivered_at),
        "cancelled_at": _moment(order.cancelled_at),
        "cancellation_reason": order.cancellation_reason,
        "carrier": order.carrier,
        "tracking_number": order.tracking_number,
    }


def _moment(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None
