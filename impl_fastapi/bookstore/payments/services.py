"""The rules of money: written down before the provider is asked, settled when it has answered."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from ..auth import Caller
from ..database import AnyRow, AnySelect, Columns, insert_missing, now, violated
from ..errors import NotFound, OrderState, PaymentInProgress, RefundExceedsCaptured
from ..orders.models import Order, orders
from . import schemas
from .models import Payment, PaymentEvent, Refund, payments, refunds
from .provider import (
    REFUSED,
    Failed,
    Missing,
    PaymentProvider,
    ProviderUnreachable,
    Succeeded,
    Unknown,
)
from .schemas import PaymentCreation, RefundCreation
from .settlement import lock_payments, open_refund, send_refund, settle_payment, settle_refund

_payment = (
    select(
        payments.id,
        payments.order_id,
        payments.status,
        payments.amount,
        payments.refunded_amount,
        payments.currency,
        payments.failure_code,
        payments.version,
        payments.created_at,
        payments.updated_at,
        orders.user_id,
    )
    .join(Order, orders.id == payments.order_id)
    .where(payments.id == bindparam("id"))
)


async def create_payment(
    session: AsyncSession,
    provider: PaymentProvider,
    *,
    user_id: UUID,
    order_id: UUID,
    data: PaymentCreation,
    checkpoint: Callable[[Payment], Awaitable[None]],
) -> Payment:
    """An order's total from a card (createPayment); pending while the outcome is unknown.

    `checkpoint` commits before the provider is asked.
    Raises NotFound, OrderState, PaymentInProgress.
    """
    order = await session.get(Order, order_id, with_for_update=True)
    if order is None or order.user_id != user_id:
        raise NotFound
    if order.state != "awaiting_payment":
        raise OrderState(
            f"The order is {order.state}; only an order that is awaiting_payment can be paid."
        )
    payment = Payment(
        order_id=order.id,
        amount=order.total_amount,
        currency=order.currency,
        payment_method=data.payment_method,
    )
    session.add(payment)
    try:
        await session.flush()
    except IntegrityError as error:
        if violated(error).startswith("uq_payments_order_id"):
            raise PaymentInProgress from error
        raise
    await checkpoint(payment)
    outcome = await provider.create_payment(payment)
    if isinstance(outcome, Unknown):
        return payment
    if opened := await settle_payment(session, payment_id=payment.id, news=outcome):
        await checkpoint(payment)
        await send_refund(session, provider, *opened)
    return payment


async def get_payment(connection: AsyncConnection, *, caller: Caller, payment_id: UUID) -> AnyRow:
    """A payment (getPayment).

    Raises NotFound, also for one of somebody else's order.
    """
    payment = (await connection.execute(_payment, {"id": payment_id})).first()
    if payment is None or not (caller.is_staff or payment.user_id == caller.id):
        raise NotFound
    return payment


async def create_refund(
    session: AsyncSession,
    provider: PaymentProvider,
    *,
    order_id: UUID,
    user_id: UUID,
    data: RefundCreation,
    checkpoint: Callable[[Refund, Payment], Awaitable[None]],
) -> tuple[Refund, Payment]:
    """Some of an order's money back (createRefund); pending while the outcome is unknown.

    `checkpoint` commits before the provider is asked.
    Raises NotFound, OrderState, RefundExceedsCaptured.
    """
    order = await session.get(Order, order_id, with_for_update=True)
    if order is None:
        raise NotFound
    if order.captured_amount == 0:
        raise OrderState(f"The order is {order.state}; no money was captured for it.")
    amount = data.amount.amount
    if amount > order.captured_amount - order.refunded_amount:
        raise RefundExceedsCaptured(
            f"Captured {order.captured_amount}, refunded so far {order.refunded_amount},"
            f" requested {amount}."
        )
    attempts = await lock_payments(session, order.id)
    captured = next(payment for payment in attempts if payment.status == "captured")
    refund, payment = open_refund(
        session, order, captured, amount, reason=data.reason, user_id=user_id
    )
    order.renew()
    payment.renew()
    await session.flush()
    await checkpoint(refund, payment)
    await send_refund(session, provider, refund, payment)
    return refund, payment


async def receive_payment_event(
    session: AsyncSession,
    provider: PaymentProvider,
    *,
    webhook_id: str,
    body: str,
    event: schemas.PaymentEvent,
) -> None:
    """News by itself (receivePaymentEvent), each once; what fits nothing is kept, and logged."""
    connection = await session.connection()
    kept = insert_missing(connection, PaymentEvent).values(
        webhook_id=webhook_id, type=event.type, body=body, received_at=now()
    )
    if (await connection.execute(kept)).rowcount == 0:
        return
    news, reference = _news(event), event.data.reference
    if event.type.startswith("refund."):
        await settle_refund(session, refund_id=reference, news=news)
    elif opened := await settle_payment(session, payment_id=reference, news=news):
        await session.commit()  # nothing is held while the provider is asked
        await send_refund(session, provider, *opened)


@dataclass(slots=True)
class Reconciliation:
    """Payments and refunds that were pending, by what they are now."""

    payments: Counter[str] = field(default_factory=Counter)
    refunds: Counter[str] = field(default_factory=Counter)


async def reconcile_payments(
    engine: AsyncEngine, provider: PaymentProvider, *, older_than: int
) -> Reconciliation:
    """Settle what has been pending for so many seconds (the command reconcile-payments).

    The provider is asked outside of transactions; each row is settled in one of its own.
    Raises ProviderUnreachable; what was settled before stays so.
    """
    report, due = Reconciliation(), now() - timedelta(seconds=older_than)
    of_order = select(Payment, orders.state).join(Order, orders.id == payments.order_id)
    of_payment = select(Refund, Payment).join(Payment, payments.id == refunds.payment_id)
    for payment, state in await _pending(engine, of_order, payments, due):
        await _reconcile_payment(engine, provider, payment, state, report)
    for refund, payment in await _pending(engine, of_payment, refunds, due):
        outcome = await provider.find_refund(refund)
        await _reconcile_refund(engine, provider, refund, payment, outcome, report)
    return report


async def _pending(
    engine: AsyncEngine,
    statement: AnySelect,
    table: Columns,
    due: datetime,
) -> Sequence[AnyRow]:
    statement = statement.where(table.status == "pending", table.created_at <= due)
    async with AsyncSession(engine) as session:
        found: Sequence[AnyRow] = (
            await session.execute(statement.order_by(table.created_at, table.id))
        ).all()
    return found


async def _reconcile_payment(
    engine: AsyncEngine,
    provider: PaymentProvider,
    payment: Payment,
    state: str,
    report: Reconciliation,
) -> None:
    outcome = await provider.find_payment(payment)
    if isinstance(outcome, Missing) and state == "cancelled":
        outcome = Failed(
            amount=payment.amount, currency=payment.currency, failure_code="not_processed"
        )
    elif isinstance(outcome, Missing):
        outcome = await provider.create_payment(payment)
    opened = None
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        if isinstance(outcome, Unknown):
            _require_reachable(outcome)
        else:
            opened = await settle_payment(session, payment_id=payment.id, news=outcome)
        status = select(payments.status).where(payments.id == payment.id)
        report.payments[str(await session.scalar(status))] += 1
    if opened:
        await _reconcile_refund(engine, provider, *opened, Missing(), report)


async def _reconcile_refund(
    engine: AsyncEngine,
    provider: PaymentProvider,
    refund: Refund,
    payment: Payment,
    outcome: Succeeded | Failed | Unknown | Missing,
    report: Reconciliation,
) -> None:
    if isinstance(outcome, Missing):
        outcome = await provider.create_refund(refund, payment)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        if isinstance(outcome, Unknown):
            _require_reachable(outcome)
        else:
            await settle_refund(session, refund_id=refund.id, news=outcome)
        status = select(refunds.status).where(refunds.id == refund.id)
        report.refunds[str(await session.scalar(status))] += 1


def _require_reachable(outcome: Unknown) -> None:
    if outcome.unreachable:
        raise ProviderUnreachable


def _news(event: schemas.PaymentEvent) -> Succeeded | Failed:
    data = event.data
    if event.type in {"payment.captured", "refund.succeeded"}:
        return Succeeded(amount=data.amount, currency=data.currency, provider_id=data.id)
    return Failed(
        amount=data.amount,
        currency=data.currency,
        provider_id=data.id,
        failure_code=data.failure_code or REFUSED,
    )
