"""The rules of orders, from the cart to the door. Each writes into the session; the view commits.

Locks are taken in storage.md's order: the order, its payments and refunds, then books by id.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from .. import pagination
from ..auth import Caller
from ..cart.store import discard_cart, read_cart
from ..database import AnyRow, AnySelect, db, reading, refusing, utc_now
from ..errors import (
    CartEmpty,
    NotFound,
    OrderState,
    PaymentInProgress,
    ServiceUnavailable,
)
from ..http import dump_json
from ..pagination import Page, page_of, paged
from ..payments.models import PENDING, Refund
from ..payments.settlement import lock_live_payment, lock_order, open_refund
from ..settings import current_settings
from .copies import (
    books_of,
    release_copies,
    require_prices,
    require_stock,
    reserve_copies,
    take_copies,
)
from .models import AWAITING_PAYMENT, CANCELLED, DELIVERED, PAID, SHIPPED, Order, OrderLine
from .schemas import show_order_summary

logger = logging.getLogger(__name__)

BATCH = 100
NEWEST = pagination.Order("newest", Order.created_at, Order.id, datetime, descending=True)

_summary_columns = (
    Order.id,
    Order.user_id,
    Order.state,
    Order.total_amount,
    Order.captured_amount,
    Order.refunded_amount,
    Order.currency,
    Order.created_at,
    Order.updated_at,
)
_summary = select(*_summary_columns)
_order = select(
    *_summary_columns,
    Order.shipping_address,
    Order.expires_at,
    Order.paid_at,
    Order.shipped_at,
    Order.delivered_at,
    Order.cancelled_at,
    Order.cancellation_reason,
    Order.carrier,
    Order.tracking_number,
    Order.version,
)
_lines = (
    select(
        OrderLine.book_id,
        OrderLine.isbn,
        OrderLine.title,
        OrderLine.quantity,
        OrderLine.unit_amount,
    )
    .where(OrderLine.order_id == bindparam("order_id"))
    .order_by(OrderLine.position)
)


def list_orders(
    *,
    caller: Caller,
    limit: int,
    cursor: str | None,
    state: str | None = None,
    user_id: UUID | None = None,
) -> Page:
    """A page of the orders that the caller may see, newest first.

    Raises:
        ValidationFailed: the cursor is not one of this list.
    """
    statement = _owned(_summary, caller.owner)
    if state is not None:
        statement = statement.where(Order.state == state)
    if user_id is not None:
        statement = statement.where(Order.user_id == user_id)
    with reading() as connection:
        rows = connection.execute(paged(statement, NEWEST, limit, cursor)).all()
    return page_of(rows, NEWEST, limit, show_order_summary)


def place_order(
    *, user_id: UUID, shipping_address: dict[str, Any]
) -> tuple[Order, Sequence[OrderLine]]:
    """Make an order of a user's cart and reserve its stock: all of it, or none.

    Raises:
        CartEmpty: there is nothing in the cart, or it is an order already.
        InsufficientStock: naming every book that is short.
        PriceChanged: naming every book that has another price than the cart shows.
        ServiceUnavailable: Redis does not answer.
    """
    cart = read_cart(user_id)
    books = books_of(item.book_id for item in cart.items)
    items = [item for item in cart.items if item.book_id in books]
    if not items:
        raise CartEmpty
    require_stock(items, books)
    require_prices(items, books)
    reserve_copies(items)
    now, settings = utc_now(), current_settings()
    order = Order(
        user_id=user_id,
        cart_version=UUID(cart.version),
        state=AWAITING_PAYMENT,
        total_amount=sum(item.quantity * item.unit_amount for item in items),
        captured_amount=0,
        refunded_amount=0,
        currency=settings.currency,
        shipping_address=dump_json(shipping_address),
        expires_at=now + timedelta(seconds=settings.order_expiry_seconds),
        created_at=now,
        updated_at=now,
    )
    lines = [
        OrderLine(
            order_id=order.id,
            position=position,
            book_id=item.book_id,
            isbn=books[item.book_id].isbn,
            title=books[item.book_id].title,
            quantity=item.quantity,
            unit_amount=item.unit_amount,
        )
        for position, item in enumerate(items)
    ]
    try:
        with refusing(uq_orders_cart_version=CartEmpty):
            db.session.add(order)
    except CartEmpty:
        leave_cart(user_id, order.cart_version)  # who placed it was cut off before doing so
        raise
    db.session.add_all(lines)
    db.session.flush()
    return order, lines


def leave_cart(user_id: UUID, version: UUID | None) -> None:
    """Discard a cart that has become an order; the order stands, even if Redis does not answer."""
    try:
        discard_cart(user_id, str(version))
    except ServiceUnavailable as problem:
        logger.warning("the cart of an order stays: %s", problem.__cause__)


def get_order(*, order_id: UUID, caller: Caller) -> tuple[AnyRow, Sequence[AnyRow]]:
    """One order and its lines.

    Raises:
        NotFound: there is none with this id, or it is somebody else's.
    """
    with reading() as connection:
        order = connection.execute(_owned(_order, caller.owner).where(Order.id == order_id)).first()
        if order is None:
            raise NotFound
        lines = connection.execute(_lines, {"order_id": order_id}).all()
    return order, lines


def cancel_order(
    *, order_id: UUID, caller: Caller
) -> tuple[Order, Sequence[AnyRow], Refund | None]:
    """Cancel an order that was not shipped; of a paid one all that is still ours goes back.

    The refund that this opens is to be sent after the commit.

    Raises:
        NotFound: there is none with this id, or it is somebody else's.
        OrderState: it is shipped, delivered or cancelled.
        PaymentInProgress: it may be paid at this very moment.
    """
    order = lock_order(order_id, owner=caller.owner)
    _require_state(order, "cancelled", AWAITING_PAYMENT, PAID)
    payment = lock_live_payment(order.id)
    if payment and payment.status == PENDING:
        raise PaymentInProgress
    lines = _cancel(order, "customer" if order.user_id == caller.id else "staff")
    kept = order.captured_amount - order.refunded_amount
    refund = open_refund(order, payment, kept, user_id=caller.id) if payment and kept else None
    db.session.flush()
    return order, lines, refund


def ship_order(
    *, order_id: UUID, user_id: UUID, carrier: str, tracking_number: str
) -> tuple[Order, Sequence[AnyRow]]:
    """Ship a paid order: its copies leave the shelf, and the ledger says so.

    Raises:
        NotFound: there is none with this id.
        OrderState: it is not paid.
    """
    order = lock_order(order_id)
    _require_state(order, "shipped", PAID)
    lines = take_copies(order.id, user_id)
    order.change(state=SHIPPED, carrier=carrier, tracking_number=tracking_number)
    order.shipped_at = order.updated_at
    db.session.flush()
    return order, lines


def deliver_order(*, order_id: UUID) -> tuple[Order, Sequence[AnyRow]]:
    """Note that a shipped order has arrived.

    Raises:
        NotFound: there is none with this id.
        OrderState: it is not shipped.
    """
    order = lock_order(order_id)
    _require_state(order, "delivered", SHIPPED)
    order.change(state=DELIVERED)
    order.delivered_at = order.updated_at
    return order, db.session.execute(_lines, {"order_id": order_id}).all()


def expire_orders() -> int:
    """Cancel every order whose time is up, each in a transaction of its own; returns how many.

    Also one with a pending payment: should that succeed after all, the money goes back.
    """
    expired, last = 0, UUID(int=0)
    due = select(Order.id).where(Order.state == AWAITING_PAYMENT, Order.expires_at <= utc_now())
    while True:
        with reading() as connection:
            ids = connection.scalars(
                due.where(Order.id > last).order_by(Order.id).limit(BATCH)
            ).all()
        for order_id in ids:
            order = lock_order(order_id)
            if order.state == AWAITING_PAYMENT:
                _cancel(order, "expired")
                expired += 1
            db.session.commit()
        if len(ids) < BATCH:
            return expired
        last = ids[-1]


def _owned(statement: AnySelect, owner: UUID | None) -> AnySelect:
    return statement if owner is None else statement.where(Order.user_id == owner)


def _require_state(order: Order, aim: str, *states: str) -> None:
    if order.state not in states:
        allowed = " or ".join(states)
        raise OrderState(
            f"The order is {order.state}; only an order that is {allowed} can be {aim}."
        )


def _cancel(order: Order, reason: str) -> Sequence[AnyRow]:
    """Cancel a locked order and release its stock; returns its lines."""
    lines = release_copies(order.id)
    order.change(state=CANCELLED, cancellation_reason=reason, expires_at=None)
    order.cancelled_at = order.updated_at
    return lines
