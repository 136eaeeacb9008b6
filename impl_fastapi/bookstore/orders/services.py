"""The rules of orders: all or nothing, and each step moves stock exactly once."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from ..auth import Caller
from ..cart.store import CartItem, discard_cart, read_cart
from ..database import AnyRow, now, violated
from ..errors import (
    CartEmpty,
    NotFound,
    OrderState,
    PaymentInProgress,
    ServiceUnavailable,
)
from ..pagination import Ordering, Page, fetch_page
from ..payments.provider import PaymentProvider
from ..payments.settlement import OpenRefund, lock_payments, open_refund, send_refund
from ..settings import current_settings
from .copies import (
    books_of,
    release_copies,
    require_prices,
    require_stock,
    reserve_copies,
    take_copies,
)
from .models import Order, OrderLine, order_lines, orders
from .schemas import OrderPlacement, OrderQuery, Shipment

logger = logging.getLogger(__name__)

BATCH = 100
_newest = Ordering("newest", orders.created_at, orders.id, descending=True)
_summaries = select(
    orders.id,
    orders.user_id,
    orders.state,
    orders.total_amount,
    orders.captured_amount,
    orders.refunded_amount,
    orders.currency,
    orders.created_at,
    orders.updated_at,
)
_pages = _newest.sorted(_summaries)
_order = _summaries.add_columns(
    orders.version,
    orders.shipping_address,
    orders.expires_at,
    orders.paid_at,
    orders.shipped_at,
    orders.delivered_at,
    orders.cancelled_at,
    orders.cancellation_reason,
    orders.carrier,
    orders.tracking_number,
).where(orders.id == bindparam("id"))
_lines = (
    select(
        order_lines.book_id,
        order_lines.isbn,
        order_lines.title,
        order_lines.quantity,
        order_lines.unit_amount,
    )
    .where(order_lines.order_id == bindparam("order_id"))
    .order_by(order_lines.position)
)

WholeOrder = tuple[Order, Sequence[Any]]
Checkpoint = Callable[[Order, Sequence[Any]], Awaitable[None]]


async def list_orders(connection: AsyncConnection, *, caller: Caller, query: OrderQuery) -> Page:
    """A page of one's own orders, or for staff of everybody's, newest first (listOrders).

    Raises ValidationFailed for a bad cursor.
    """
    statement = _pages
    if not caller.is_staff:
        statement = statement.where(orders.user_id == caller.id)
    if query.user_id is not None:
        statement = statement.where(orders.user_id == query.user_id)
    if query.state is not None:
        statement = statement.where(orders.state == query.state)
    return await fetch_page(connection, statement, _newest, limit=query.limit, cursor=query.cursor)


async def place_order(
    session: AsyncSession,
    redis: Redis,
    *,
    user_id: UUID,
    data: OrderPlacement,
    checkpoint: Checkpoint,
) -> WholeOrder:
    """What is in the cart, reserved (placeOrder); `checkpoint` commits before the cart goes.

    Raises CartEmpty, InsufficientStock and PriceChanged naming every book, RedisError.
    """
    cart = await read_cart(redis, user_id)
    books = await books_of(session, cart.book_ids)
    items = [item for item in cart.items if item.book_id in books]
    if cart.version is None or not items:
        raise CartEmpty
    require_stock(items, books)
    require_prices(items, books)
    await reserve_copies(session, {item.book_id: item.quantity for item in items})
    order = Order(
        user_id=user_id,
        cart_version=cart.version,
        total_amount=sum(item.quantity * item.unit_amount for item in items),
        currency=current_settings().currency,
        shipping_address=data.shipping_address.model_dump_json(),
    )
    order.expires_at = order.created_at + timedelta(seconds=current_settings().order_expiry_seconds)
    session.add(order)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated(error) != "uq_orders_cart_version":
            raise
        await session.rollback()
        await _leave_cart(redis, user_id, cart.version)  # who placed it was cut off before that
        raise CartEmpty from error
    lines = [_line(order, place, item, books) for place, item in enumerate(items)]
    session.add_all(lines)
    await session.flush()
    await checkpoint(order, lines)
    await _leave_cart(redis, user_id, cart.version)
    return order, lines


async def get_order(
    connection: AsyncConnection, *, caller: Caller, order_id: UUID
) -> tuple[AnyRow, Sequence[AnyRow]]:
    """An order with its lines (getOrder).

    Raises NotFound, also for somebody else's.
    """
    order = (await connection.execute(_order, {"id": order_id})).first()
    if order is None or not _may_see(caller, order):
        raise NotFound
    lines = await connection.execute(_lines, {"order_id": order_id})
    return order, lines.all()


async def cancel_order(
    session: AsyncSession,
    provider: PaymentProvider,
    *,
    caller: Caller,
    order_id: UUID,
    checkpoint: Checkpoint,
) -> WholeOrder:
    """No more of an order (cancelOrder): stock is released, money goes back.

    `checkpoint` commits before the provider is asked for the refund.
    Raises NotFound, OrderState, PaymentInProgress.
    """
    order = await _locked(session, order_id)
    if not _may_see(caller, order):
        raise NotFound
    _require_state(order, "cancelled", "awaiting_payment", "paid")
    payments = await lock_payments(session, order.id)
    if any(payment.status == "pending" for payment in payments):
        raise PaymentInProgress
    refund: OpenRefund | None = None
    if left := order.captured_amount - order.refunded_amount:
        captured = next(payment for payment in payments if payment.status == "captured")
        refund = open_refund(session, order, captured, left, user_id=caller.id)
        captured.renew()
    lines = await _cancel(session, order, "customer" if order.user_id == caller.id else "staff")
    if refund:
        await checkpoint(order, lines)
        await send_refund(session, provider, *refund)
    return order, lines


async def ship_order(
    session: AsyncSession, *, order_id: UUID, user_id: UUID, data: Shipment
) -> WholeOrder:
    """Its copies leave the shelf (shipOrder).

    Raises NotFound, OrderState.
    """
    order = await _locked(session, order_id)
    _require_state(order, "shipped", "paid")
    lines = await take_copies(session, order.id, user_id)
    _move(order, "shipped")
    order.shipped_at = order.updated_at
    order.carrier, order.tracking_number = data.carrier, data.tracking_number
    await session.flush()
    return order, lines


async def deliver_order(session: AsyncSession, *, order_id: UUID) -> WholeOrder:
    """It arrived (deliverOrder).

    Raises NotFound, OrderState.
    """
    order = await _locked(session, order_id)
    _require_state(order, "delivered", "shipped")
    _move(order, "delivered")
    order.delivered_at = order.updated_at
    await session.flush()
    lines = await session.execute(_lines, {"order_id": order_id})
    return order, lines.all()


async def expire_orders(engine: AsyncEngine) -> int:
    """Cancel what was not paid in time, and count it (the command expire-orders).

    Each order in a transaction of its own; also one whose payment's outcome is unknown.
    """
    expired = 0
    while order_ids := await _due_orders(engine):
        for order_id in order_ids:
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                order = await _locked(session, order_id)
                if order.state == "awaiting_payment":
                    await _cancel(session, order, "expired")
                    expired += 1
    return expired


async def _due_orders(engine: AsyncEngine) -> Sequence[UUID]:
    unpaid = select(orders.id).where(orders.state == "awaiting_payment")
    due = unpaid.where(orders.expires_at <= now()).order_by(orders.expires_at)
    async with AsyncSession(engine) as session:
        return (await session.scalars(due.limit(BATCH))).all()


async def _locked(session: AsyncSession, order_id: UUID) -> Order:
    order = await session.get(Order, order_id, with_for_update=True)
    if order is None:
        raise NotFound
    return order


def _may_see(caller: Caller, order: Any) -> bool:
    return caller.is_staff or order.user_id == caller.id


def _require_state(order: Order, aim: str, *states: str) -> None:
    if order.state not in states:
        allowed = " or ".join(states)
        raise OrderState(
            f"The order is {order.state}; only an order that is {allowed} can be {aim}."
        )


def _line(order: Order, place: int, item: CartItem, books: dict[UUID, AnyRow]) -> OrderLine:
    book = books[item.book_id]
    return OrderLine(
        order_id=order.id,
        position=place,
        book_id=book.id,
        isbn=book.isbn,
        title=book.title,
        quantity=item.quantity,
        unit_amount=item.unit_amount,
    )


async def _leave_cart(redis: Redis, user_id: UUID, version: UUID) -> None:
    """Discard a cart that is an order now, which stands whether Redis answers or not."""
    try:
        await discard_cart(redis, user_id, version)
    except (RedisError, ServiceUnavailable) as error:
        logger.warning("the cart of an order stays: %s", error)


async def _cancel(session: AsyncSession, order: Order, reason: str) -> Sequence[Any]:
    lines = await release_copies(session, order.id)
    _move(order, "cancelled")
    order.cancelled_at, order.cancellation_reason = order.updated_at, reason
    order.expires_at = None
    await session.flush()
    return lines


def _move(order: Order, state: str) -> None:
    order.state = state
    order.renew()
