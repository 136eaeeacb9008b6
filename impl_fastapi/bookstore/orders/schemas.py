"""What goes over the wire about orders, named as in the contract."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ..fields import StrictModel, choice, text
from ..http import money, timestamp
from ..pagination import PageQuery

COUNTRY = re.compile("[A-Z]{2}")
STATES = ("awaiting_payment", "paid", "shipped", "delivered", "cancelled")
Short = Annotated[str, text(1, 100)]
Line = Annotated[str, text(1, 200)]


class OrderQuery(PageQuery):
    """Parameters of `listOrders`; every filter narrows."""

    state: Annotated[str, choice(*STATES)] | None = None
    user_id: UUID | None = None


class Address(StrictModel):
    """Where an order goes."""

    name: Short
    line1: Line
    line2: Line | None = None
    postal_code: Annotated[str, text(1, 20)]
    city: Short
    country: Annotated[str, text(2, 2, COUNTRY, form="a country code of two capital letters")]


class OrderPlacement(StrictModel):
    """Body of `placeOrder`."""

    shipping_address: Address


class Shipment(StrictModel):
    """Body of `shipOrder`."""

    carrier: Short
    tracking_number: Short


def show_summary(order: Any) -> dict[str, Any]:
    """An order as `OrderSummary`."""
    return {
        "id": order.id,
        "user_id": order.user_id,
        "state": order.state,
        "total": money(order.total_amount, order.currency),
        "captured": money(order.captured_amount, order.currency),
        "refunded": money(order.refunded_amount, order.currency),
        "created_at": timestamp(order.created_at),
        "updated_at": timestamp(order.updated_at),
    }


def show_order(order: Any, lines: Sequence[Any]) -> dict[str, Any]:
    """An order as `Order`, its lines in the cart's order."""
    return show_summary(order) | {
        "lines": [_show_line(line, order.currency) for line in lines],
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


def _show_line(line: Any, currency: str) -> dict[str, Any]:
    return {
        "book_id": line.book_id,
        "isbn": line.isbn,
        "title": line.title,
        "quantity": line.quantity,
        "unit_price": money(line.unit_amount, currency),
        "line_total": money(line.quantity * line.unit_amount, currency),
    }


def _moment(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None
