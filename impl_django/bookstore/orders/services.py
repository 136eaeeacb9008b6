"""The rules of orders: a cart becomes one, whole or not at all, and every state has its ways on."""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from ..accounts.models import User
from ..auth import Caller
from ..cart import store
from ..database import now, unique
from ..environment import current_settings
from ..errors import (
    CartEmpty,
    NotFound,
    OrderState,
    PaymentInProgress,
    ServiceUnavailable,
)
from ..pagination import Order as PageOrder
from ..pagination import Page, page_of, paged
from ..payments.models import Payment, PaymentStatus, Refund
from ..payments.settlement import open_refund
from .copies import (
    books_of,
    lines_of,
    release_copies,
    require_prices,
    require_stock,
    reserve_copies,
    take_copies,
)
from .models import Order, OrderLine, State
from .schemas import show_order_summary

logger = logging.getLogger(__name__)

EXPIRED_AT_ONCE = 100
NEWEST = PageOrder("newest", F("created_at"), datetime, descending=True)
SUMMARY_COLUMNS = (
    "id",
    "user_id",
    "state",
    "total_amount",
    "captured_amount",
    "refunded_amount",
    "currency",
    "created_at",
    "updated_at",
)


def list_orders(
    *,
    caller: Caller | User,
    limit: int,
    cursor: str | None,
    state: str | None = None,
    user_id: UUID | None = None,
) -> Page:
    """A page of the orders that the caller may see, newest first, without their lines.

    Raises:
        ValidationFailed: the cursor is not one of this list.
    """
    orders = Order.objects.visible_to(caller)
    if state is not None:
        orders = orders.filter(state=state)
    if user_id is not None:
        orders = orders.filter(user=user_id)
    rows = paged(orders, NEWEST, limit, cursor).values_list(
        *SUMMARY_COLUMNS, "sort_key", named=True
    )
    return page_of(rows, NEWEST, limit, show_order_summary)


@transaction.atomic
def place_order(
    *, user_id: UUID, shipping_address: dict[str, Any]
) -> tuple[Order, list[OrderLine]]:
    """Make an order of somebody's cart, and reserve its copies.

    Raises:
        CartEmpty: there is nothing in it that is still sold, or it is an order already.
        InsufficientStock: naming every book that is short.
        PriceChanged: naming every book that has another price than the cart shows.
        ServiceUnavailable: Redis is away.
    """
    cart = store.read_cart(user_id)
    books = books_of(item.book_id for item in cart.items)
    items = [item for item in cart.items if item.book_id in books]
    if not items:
        raise CartEmpty
    require_stock(items, books)
    require_prices(items, books)
    settings = current_settings()
    order = Order(
        user_id=user_id,
        cart_version=cart.version,
        total_amount=sum(item.quantity * item.unit_amount for item in items),
        currency=settings.currency,
        shipping_address=shipping_address,
    )
    order.expires_at = order.created_at + timedelta(seconds=settings.order_expiry_seconds)
    try:
        with unique(CartEmpty):
            order.save(force_insert=True)
    except CartEmpty:
        _leave_cart(user_id, cart.version)  # who placed that order was cut off before doing so
        raise
    lines = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            book_id=item.book_id,
            isbn=books[item.book_id].isbn,
            title=books[item.book_id].title,
            quantity=item.quantity,
            unit_amount=item.unit_amount,
        )
        for position, item in enumerate(items)
    )
    reserve_copies(order)
    transaction.on_commit(partial(_leave_cart, user_id, cart.version))
    return order, lines


def get_order(*, order_id: UUID, caller: Caller | User) -> tuple[Order, list[OrderLine]]:
    """One order with its lines.

    Raises:
        NotFound: there is none with this id that the caller may see.
    """
    order = Order.objects.visible_to(caller).filter(id=order_id).first()
    if order is None:
        raise NotFound
    return order, lines_of(order)


@transaction.atomic
def cancel_order(
    *, order_id: UUID, caller: Caller | User
) -> tuple[Order, list[OrderLine], Refund | None]:
    """Cancel an order that awaits payment or is paid; its refund, if any, is yet to be sent.

    Raises:
        NotFound: there is none with this id that the caller may see.
        PaymentInProgress: the outcome of a payment is unknown.
        OrderState: it is on its way, or cancelled already.
    """
    order = _lock(Order.objects.visible_to(caller), order_id)
    _require_state(order, "cancelled", State.AWAITING_PAYMENT, State.PAID)
    pending = Payment.objects.filter(order=order, status=PaymentStatus.PENDING)
    if order.state == State.AWAITING_PAYMENT and pending.exists():
        raise PaymentInProgress
    return _cancel(order, "customer" if order.user_id == caller.id else "staff", caller.id)


@transaction.atomic
def ship_order(
    *, order_id: UUID, user_id: UUID, carrier: str, tracking_number: str
) -> tuple[Order, list[OrderLine]]:
    """Send a paid order on its way, and write what leaves the shelves into the ledger.

    Raises:
        NotFound: there is none with this id.
        OrderState: it is not paid, or on its way already.
    """
    order = _lock(Order.objects.all(), order_id)
    _require_state(order, "shipped", State.PAID)
    lines = take_copies(order, user_id)
    order.state, order.shipped_at = State.SHIPPED, now()
    order.carrier, order.tracking_number = carrier, tracking_number
    order.renew()
    return order, lines


@transaction.atomic
def deliver_order(*, order_id: UUID) -> tuple[Order, list[OrderLine]]:
    """Note that an order arrived.

    Raises:
        NotFound: there is none with this id.
        OrderState: it is not on its way.
    """
    order = _lock(Order.objects.all(), order_id)
    _require_state(order, "delivered", State.SHIPPED)
    order.state, order.delivered_at = State.DELIVERED, now()
    order.renew()
    return order, lines_of(order)


def expire_orders() -> int:
    """Cancel every expired unpaid order, each in its own transaction; return their number."""
    expired = 0
    while (
        due := Order.objects.due()
        .order_by("expires_at")
        .values_list("id", flat=True)[:EXPIRED_AT_ONCE]
    ):
        expired += sum(_expire(order_id) for order_id in due)
    return expired


@transaction.atomic
def _expire(order_id: UUID) -> bool:
    order = Order.objects.due().select_for_update().filter(id=order_id).first()
    if order is not None:
        _cancel(order, "expired")
    return order is not None


def _lock(orders: QuerySet[Order], order_id: UUID) -> Order:
    order = orders.select_for_update().filter(id=order_id).first()
    if order is None:
        raise NotFound
    return order


def _cancel(
    order: Order, reason: str, user_id: UUID | None = None
) -> tuple[Order, list[OrderLine], Refund | None]:
    """Cancel a locked order: what was captured goes back, and its copies are free again."""
    refund = None
    if owed := order.captured_amount - order.refunded_amount:
        payment = Payment.objects.select_for_update().get(
            order=order, status=PaymentStatus.CAPTURED
        )
        refund = open_refund(order=order, payment=payment, amount=owed, user_id=user_id)
        payment.renew()
    lines = release_copies(order)
    order.state, order.cancelled_at, order.cancellation_reason = State.CANCELLED, now(), reason
    order.expires_at = None
    order.renew()
    return order, lines, refund


def _leave_cart(user_id: UUID, version: UUID | None) -> None:
    """Empty the cart that became an order; the order stands without it, too."""
    try:
        store.discard_cart(user_id, version)
    except ServiceUnavailable:
        logger.warning("redis is away: a cart outlives its order")


def _require_state(order: Order, aim: str, *states: str) -> None:
    if order.state not in states:
        allowed = " or ".join(states)
        raise OrderState(
            f"The order is {order.state}; only an order that is {allowed} can be {aim}."
        )
