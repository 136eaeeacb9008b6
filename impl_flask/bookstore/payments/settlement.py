"""Money that moved, or did not (storage.md, Money): one function, whoever brings the news.

The same news twice, or in another order, ends in the same state.
"""

import logging
from uuid import UUID, uuid4

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased, contains_eager

from ..database import db, utc_now
from ..errors import NotFound
from ..orders.models import AWAITING_PAYMENT, PAID, Order
from .models import CAPTURED, FAILED, PENDING, SUCCEEDED, Payment, Refund
from .provider import Failed, Outcome, Succeeded, Unknown

logger = logging.getLogger(__name__)

FRESH = {"populate_existing": True}
_other_payment, _other_refund = aliased(Payment), aliased(Refund)


def settle_payment(payment_id: UUID, news: Outcome) -> Refund | None:
    """Write down what became of a payment; a refund that this opens is to be sent after the commit.

    Raises:
        NotFound: there is no such payment.
    """
    order = _lock_order_of(Payment, payment_id)
    provider_id = None if isinstance(news, Unknown) else news.provider_id
    locked = (
        select(
            Payment,
            exists().where(
                _other_payment.provider_id == provider_id, _other_payment.id != Payment.id
            ),
            exists().where(
                _other_payment.order_id == Payment.order_id,
                _other_payment.id != Payment.id,
                _other_payment.status != FAILED,
            ),
            exists().where(Refund.payment_id == Payment.id),
        )
        .where(Payment.id == payment_id)
        .with_for_update(of=Payment)
    )
    payment, is_taken, has_rival, was_given_back = db.session.execute(
        locked, execution_options=FRESH
    ).one()
    if isinstance(news, Unknown):
        logger.warning("payment %s stays %s: %s", payment.id, payment.status, news.reason)
        return None
    if not _is_believed(news, payment, payment.currency, is_taken=is_taken):
        return None
    refund = None
    noted = payment.provider_id or news.provider_id
    if isinstance(news, Failed):
        if payment.status == PENDING:
            payment.change(status=FAILED, failure_code=news.failure_code, provider_id=noted)
    elif payment.status == FAILED and (has_rival or was_given_back):
        payment.change(provider_id=noted)
        if not was_given_back:
            refund = open_refund(order, payment, payment.amount)
    elif payment.status != CAPTURED:
        payment.change(status=CAPTURED, failure_code=None, provider_id=noted)
        order.change(captured_amount=order.captured_amount + payment.amount)
        if order.state == AWAITING_PAYMENT:
            order.change(state=PAID, expires_at=None)
            order.paid_at = order.updated_at
        else:
            refund = open_refund(order, payment, payment.amount)
    db.session.flush()
    return refund


def settle_refund(refund_id: UUID, news: Outcome) -> None:
    """Write down what became of a refund.

    Raises:
        NotFound: there is no such refund.
    """
    order = _lock_order_of(Refund, refund_id)
    provider_id = None if isinstance(news, Unknown) else news.provider_id
    locked = (
        select(
            Refund,
            exists().where(_other_refund.provider_id == provider_id, _other_refund.id != Refund.id),
        )
        .join(Refund.payment)
        .options(contains_eager(Refund.payment))
        .where(Refund.id == refund_id)
        .with_for_update(of=(Payment, Refund))
    )
    refund, is_taken = db.session.execute(locked, execution_options=FRESH).one()
    if isinstance(news, Unknown):
        logger.warning("refund %s stays %s: %s", refund.id, refund.status, news.reason)
        return
    if not _is_believed(news, refund, refund.payment.currency, is_taken=is_taken):
        return
    if isinstance(news, Failed):
        if refund.status == PENDING:
            _settle(refund, FAILED, news)
            _give_back(order, refund.payment, -refund.amount)
    elif refund.status == PENDING:
        _settle(refund, SUCCEEDED, news)
    elif refund.status == FAILED:
        if refund.payment.refunded_amount + refund.amount > refund.payment.amount:
            logger.error(
                "refund %s succeeded after all, and its money was given back again", refund.id
            )
            return
        _settle(refund, SUCCEEDED, news)
        _give_back(order, refund.payment, refund.amount)
    db.session.flush()


def open_refund(
    order: Order,
    payment: Payment,
    amount: int,
    *,
    user_id: UUID | None = None,
    reason: str | None = None,
) -> Refund:
    """Open a refund of a locked payment; it counts as refunded from now on, unless it fails."""
    now = utc_now()
    refund = Refund(
        id=uuid4(),
        order_id=order.id,
        payment=payment,
        status=PENDING,
        amount=amount,
        reason=reason,
        provider_id=None,
        user_id=user_id,
        created_at=now,
        updated_at=now,
    )
    db.session.add(refund)
    _give_back(order, payment, amount)
    return refund


def lock_order(order_id: UUID, *, owner: UUID | None = None) -> Order:
    """An order, nobody else changing it or its payments until the transaction ends.

    Raises:
        NotFound: there is none with this id, or not of this `owner`.
    """
    wanted = select(Order).where(Order.id == order_id).with_for_update()
    if owner is not None:
        wanted = wanted.where(Order.user_id == owner)
    order: Order | None = db.session.scalar(wanted, execution_options=FRESH)
    if order is None:
        raise NotFound
    return order


def lock_live_payment(order_id: UUID) -> Payment | None:
    """The payment of a locked order that is pending or captured; there is one at most."""
    live = (
        select(Payment)
        .where(Payment.order_id == order_id, Payment.status != FAILED)
        .with_for_update()
    )
    payment: Payment | None = db.session.scalar(live, execution_options=FRESH)
    return payment


def _lock_order_of(model: type[Payment] | type[Refund], ident: UUID) -> Order:
    its = select(model.order_id).where(model.id == ident).scalar_subquery()
    order: Order | None = db.session.scalar(
        select(Order).where(Order.id == its).with_for_update(), execution_options=FRESH
    )
    if order is None:
        raise NotFound
    return order


def _is_believed(
    news: Succeeded | Failed, row: Payment | Refund, currency: str, *, is_taken: bool
) -> bool:
    """Whether the news can be about this row: its amount, its currency, and nobody else's id."""
    facts = (news.amount, news.currency)
    if facts in ((row.amount, currency), (None, None)) and not (news.provider_id and is_taken):
        return True
    logger.error(
        "not believed of %s %s over %d %s: %s",
        row.__tablename__,
        row.id,
        row.amount,
        currency,
        news,
    )
    return False


def _settle(refund: Refund, status: str, news: Succeeded | Failed) -> None:
    refund.status = status
    refund.provider_id = refund.provider_id or news.provider_id
    refund.updated_at = utc_now()


def _give_back(order: Order, payment: Payment, amount: int) -> None:
    """Add `amount` to the refunded sums; to the order's only if the order holds the money."""
    payment.change(refunded_amount=payment.refunded_amount + amount)
    if payment.status == CAPTURED:
        order.change(refunded_amount=order.refunded_amount + amount)
