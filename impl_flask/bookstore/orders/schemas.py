"""What goes over the wire for orders."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from marshmallow import fields

from ..fields import Choice, Identifier, Strict, StrictSchema, Text
from ..http import money, timestamp
from ..pagination import PageQuery
from .models import STATES


class Address(StrictSchema):
    """The contract's Address."""

    name = Text(1, 100, required=True)
    line1 = Text(1, 200, required=True)
    line2 = Text(1, 200, allow_none=True, load_default=None)
    postal_code = Text(1, 20, required=True)
    city = Text(1, 100, required=True)
    country = Text(2, 2, "[A-Z]{2}", form="a country code of two capital letters", required=True)


class OrderPlacement(StrictSchema):
    """The contract's OrderPlacement."""

    shipping_address = fields.Nested(
        Address(), required=True, error_messages=Strict.default_error_messages
    )


class Shipment(StrictSchema):
    """The contract's Shipment."""

    carrier = Text(1, 100, required=True)
    tracking_number = Text(1, 100, required=True)


class OrderQuery(PageQuery):
    """The parameters of listOrders."""

    state = Choice(*STATES)
    user_id = Identifier()


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
    """The contract's Order, from a model or a row, and its lines'."""
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
        "shipping_address": json.loads(order.shipping_address),
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
