"""What news of money does (storage.md, Money): one function each, whoever brings it.

Locks are taken in the layout's order: the order, its payments, its refunds.
"""

import logging
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import now
from ..orders.models import Order, orders
from .models import Payment, Refund, payments, refunds
from .provider import Failed, PaymentProvider, Succeeded, Unknown

logger = logging.getLogger(__name__)
Row = TypeVar("Row", Order, Payment, Refund)
OpenRefund = tuple[Refund, Payment]


async def settle_payment(
    session: AsyncSession, *, payment_id: UUID, news: Succeeded | Failed
) -> OpenRefund | None:
    """Make of a payment what the provider says; the same news twice changes nothing.

    The refund that it takes, if any: to be sent once this is committed.
    """
    order_id = select(payments.order_id).where(payments.id == payment_id).scalar_subquery()
    order = await session.scalar(_locked(select(Order).where(orders.id == order_id)))
    if order is None:
        logger.warning("payment %s is unknown here", payment_id)
        return None
    attempts = await lock_payments(session, order.id)
    payment = next(attempt for attempt in attempts if attempt.id == payment_id)
    if not _is_believable(payment, payment.currency, news):
        return None
    try:
        async with session.begin_nested():
            if isinstance(news, Succeeded):
                return await _capture(session, order, payment, attempts, news)
            _fail(payment, news)
    except IntegrityError as error:
        await _disbelieve(session, error, payment, order)
    return None


async def settle_refund(
    session: AsyncSession, *, refund_id: UUID, news: Succeeded | Failed
) -> None:
    """Make of a refund what the provider says; the same news twice changes nothing."""
    order_id = select(refunds.order_id).where(refunds.id == refund_id).scalar_subquery()
    order = await session.scalar(_locked(select(Order).where(orders.id == order_id)))
    if order is None:
        logger.warning("refund %s is unknown here", refund_id)
        return
    attempts = await lock_payments(session, order.id)
    refund = (await session.scalars(_locked(select(Refund).where(refunds.id == refund_id)))).one()
    payment = next(attempt for attempt in attempts if attempt.id == refund.payment_id)
    if not _is_believable(refund, payment.currency, news):
        return
    try:
        async with session.begin_nested():
            _settle(refund, payment, order, news)
    except IntegrityError as error:
        await _disbelieve(session, error, refund, payment, order)


def open_refund(
    session: AsyncSession,
    order: Order,
    payment: Payment,
    amount: int,
    *,
    reason: str | None = None,
    user_id: UUID | None = None,
) -> OpenRefund:
    """Write down what is to be given back, so that nobody gives it back as well.

    Order and payment are locked, and the caller's to renew; it is to be sent once committed.
    """
    refund = Refund(
        order_id=order.id, payment_id=payment.id, amount=amount, reason=reason, user_id=user_id
    )
    session.add(refund)
    _give_back(amount, payment, order)
    return refund, payment


async def send_refund(
    session: AsyncSession, provider: PaymentProvider, refund: Refund, payment: Payment
) -> None:
    """Ask the provider for a refund that is committed, and settle what it says.

    The session holds nothing meanwhile; to commit is the caller's.
    """
    outcome = await provider.create_refund(refund, payment)
    if not isinstance(outcome, Unknown):
        await settle_refund(session, refund_id=refund.id, news=outcome)


async def lock_payments(session: AsyncSession, order_id: UUID) -> Sequence[Payment]:
    """All attempts to pay a locked order, as they are now."""
    attempts = select(Payment).where(payments.order_id == order_id).order_by(payments.id)
    return (await session.scalars(_locked(attempts))).all()


def _locked(statement: Select[Row]) -> Select[Row]:
    return statement.with_for_update().execution_options(populate_existing=True)


def _is_believable(row: Payment | Refund, currency: str, news: Succeeded | Failed) -> bool:
    if (news.amount, news.currency) == (row.amount, currency):
        return True
    logger.error("%s: the provider speaks of %s %s", row.id, news.amount, news.currency)
    return False


async def _capture(
    session: AsyncSession,
    order: Order,
    payment: Payment,
    attempts: Sequence[Payment],
    news: Succeeded,
) -> OpenRefund | None:
    if payment.status == "captured" or await _was_given_back(session, payment):
        return None
    payment.provider_id = payment.provider_id or news.provider_id
    payment.renew()
    if any(other.status != "failed" for other in attempts if other is not payment):
        return open_refund(session, order, payment, payment.amount)
    payment.status, payment.failure_code = "captured", None
    order.captured_amount += payment.amount
    order.renew()
    if order.state == "cancelled":
        return open_refund(session, order, payment, payment.amount)
    order.state, order.paid_at, order.expires_at = "paid", order.updated_at, None
    return None


async def _was_given_back(session: AsyncSession, payment: Payment) -> bool:
    """Whether a failed payment was captured after all, beside another one."""
    if payment.status != "failed":
        return False
    return bool(await session.scalar(select(exists().where(refunds.payment_id == payment.id))))


def _fail(payment: Payment, news: Failed) -> None:
    if payment.status == "pending":
        payment.status, payment.failure_code = "failed", news.failure_code
        payment.provider_id = payment.provider_id or news.provider_id
        payment.renew()


def _settle(refund: Refund, payment: Payment, order: Order, news: Succeeded | Failed) -> None:
    before, after = refund.status, "succeeded" if isinstance(news, Succeeded) else "failed"
    if before == after or (before, after) == ("succeeded", "failed"):
        return
    if "failed" in {before, after}:
        _give_back(refund.amount if before == "failed" else -refund.amount, payment, order)
        payment.renew()
        if payment.status == "captured":
            order.renew()
    refund.status, refund.updated_at = after, now()
    refund.provider_id = refund.provider_id or news.provider_id


def _give_back(amount: int, payment: Payment, order: Order) -> None:
    payment.refunded_amount += amount
    if payment.status == "captured":  # else the order never had the money
        order.refunded_amount += amount


async def _disbelieve(
    session: AsyncSession, error: IntegrityError, *rows: Payment | Refund | Order
) -> None:
    """Leave everything as it was: the news cannot be true, say with another row's provider id."""
    for row in rows:
        await session.refresh(row)
    logger.error("%s: the provider's news cannot be true: %s", rows[0].id, error.orig)
