"""The rules of payments: each writes into the session; the view commits, then calls the provider.

So no row is locked during the call, and nothing is lost if this process dies meanwhile.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from ..auth import Caller
from ..database import AnyRow, db, reading, refusing, utc_now
from ..errors import NotFound, OrderState, PaymentInProgress, RefundExceedsCaptured
from ..orders.models import AWAITING_PAYMENT, CANCELLED, Order
from . import provider
from .models import PENDING, Payment, PaymentEvent, Refund
from .provider import REFUSED, Failed, Missing, Outcome, Succeeded, Unknown
from .settlement import lock_live_payment, lock_order, open_refund, settle_payment, settle_refund

logger = logging.getLogger(__name__)

AnyPending = TypeVar("AnyPending", Payment, Refund)

BATCH = 100
_payment = select(
    Payment.id,
    Payment.order_id,
    Payment.status,
    Payment.amount,
    Payment.refunded_amount,
    Payment.currency,
    Payment.failure_code,
    Payment.version,
    Payment.created_at,
    Payment.updated_at,
)


class ProviderUnreachable(Exception):
    """One line that says why nothing can be reconciled."""


def create_payment(*, order_id: UUID, user_id: UUID, payment_method: str) -> Payment:
    """Open the payment of an order; `send_payment` makes it one, after the commit.

    Raises:
        NotFound: the user has no such order.
        OrderState: it does not await payment.
        PaymentInProgress: it has a pending payment already.
    """
    order = lock_order(order_id, owner=user_id)
    if order.state != AWAITING_PAYMENT:
        raise OrderState(
            f"The order is {order.state}; only an order that is awaiting_payment can be paid."
        )
    payment = Payment(
        order_id=order.id,
        status=PENDING,
        amount=order.total_amount,
        refunded_amount=0,
        currency=order.currency,
        payment_method=payment_method,
    )
    with refusing(uq_payments_order_id_live=PaymentInProgress):
        db.session.add(payment)
    return payment


def send_payment(payment: Payment) -> None:
    """Send a committed payment to the provider and settle it; refund a late capture."""
    refund = settle_payment(payment.id, provider.create_payment(payment))
    if refund:
        db.session.commit()
        send_refund(refund)


def get_payment(*, payment_id: UUID, caller: Caller) -> AnyRow:
    """One payment.

    Raises:
        NotFound: there is none with this id, or it is of somebody else's order.
    """
    statement = _payment.where(Payment.id == payment_id)
    if caller.owner is not None:
        statement = statement.join(Order, Order.id == Payment.order_id).where(
            Order.user_id == caller.owner
        )
    with reading() as connection:
        payment = connection.execute(statement).first()
    if payment is None:
        raise NotFound
    return payment


def create_refund(
    *, order_id: UUID, user_id: UUID, amount: int, reason: str | None = None
) -> Refund:
    """Open a refund; `send_refund` makes it one, after the commit.

    Raises:
        NotFound: there is no such order.
        OrderState: no money was captured for it.
        RefundExceedsCaptured: less than `amount` is left of what was.
    """
    order = lock_order(order_id)
    payment = lock_live_payment(order.id)
    if payment is None or order.captured_amount == 0:
        raise OrderState(f"The order is {order.state}; no money was captured for it.")
    if amount > order.captured_amount - order.refunded_amount:
        raise RefundExceedsCaptured(
            f"Captured {order.captured_amount}, refunded so far {order.refunded_amount}, "
            f"requested {amount}."
        )
    refund = open_refund(order, payment, amount, user_id=user_id, reason=reason)
    db.session.flush()
    return refund


def send_refund(refund: Refund) -> None:
    """Ask the provider for a refund that was committed, and settle it."""
    settle_refund(refund.id, provider.create_refund(refund))


def receive_payment_event(*, webhook_id: str, body: str, event: dict[str, Any]) -> Refund | None:
    """Store an event of the provider and settle its payment or refund, once.

    An event about an unknown payment is stored too. The caller sends the returned refund after the
    commit.
    """
    db.session.add(PaymentEvent(webhook_id=webhook_id, type=event["type"], body=body))
    try:
        db.session.flush()
    except IntegrityError:  # it came before
        db.session.rollback()
        return None
    data = event["data"]
    facts = {"provider_id": data["id"], "amount": data["amount"], "currency": data["currency"]}
    subject, _, verb = event["type"].partition(".")
    news = (
        Failed(failure_code=data["failure_code"] or REFUSED, **facts)
        if verb == "failed"
        else Succeeded(**facts)
    )
    try:
        return (settle_payment if subject == "payment" else settle_refund)(data["reference"], news)
    except NotFound:
        logger.warning(
            "event %s is about an unknown %s, %s", webhook_id, subject, data["reference"]
        )
        return None


def reconcile_payments(*, older_than: int) -> tuple[Counter[str], Counter[str]]:
    """Settle what has been pending for `older_than` seconds, each in a transaction of its own.

    Asks the provider for the outcome, and sends again what the provider does not know. Returns the
    number of payments and of refunds per status.

    Raises:
        ProviderUnreachable: there is nobody to ask.
    """
    cutoff = utc_now() - timedelta(seconds=older_than)
    payments, refunds = Counter[str](), Counter[str]()
    for payment in _pending(Payment, cutoff):
        refund = settle_payment(payment.id, _reached(_payment_outcome(payment)))
        db.session.commit()
        payments[payment.status] += 1
        if refund:
            settle_refund(refund.id, _reached(provider.create_refund(refund)))
            db.session.commit()
            refunds[refund.status] += 1
    for refund in _pending(Refund, cutoff, joinedload(Refund.payment)):
        found = provider.find_refund(refund)
        outcome = provider.create_refund(refund) if isinstance(found, Missing) else found
        settle_refund(refund.id, _reached(outcome))
        db.session.commit()
        refunds[refund.status] += 1
    return payments, refunds


def _pending(model: type[AnyPending], cutoff: datetime, *options: Any) -> Iterator[AnyPending]:
    """Yield what is pending since before `cutoff`, batch by batch, outside of a transaction."""
    last = UUID(int=0)
    pending = (
        select(model).where(model.status == PENDING, model.created_at <= cutoff).options(*options)
    )
    while True:
        batch = db.session.scalars(
            pending.where(model.id > last).order_by(model.id).limit(BATCH)
        ).all()
        db.session.commit()
        yield from batch
        if len(batch) < BATCH:
            return
        last = batch[-1].id


def _payment_outcome(payment: Payment) -> Outcome:
    found = provider.find_payment(payment)
    if not isinstance(found, Missing):
        return found
    with reading() as connection:
        state = connection.scalar(select(Order.state).where(Order.id == payment.order_id))
    if state == CANCELLED:
        return Failed(failure_code="not_processed")
    return provider.create_payment(payment)


def _reached(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Unknown) and outcome.unreachable:
        raise ProviderUnreachable("the payment provider does not answer")
    return outcome
