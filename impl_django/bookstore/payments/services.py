"""The rules of payments: written before the provider is asked, settled when it has answered."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ..accounts.models import User
from ..auth import Caller
from ..database import now, unique
from ..errors import NotFound, OrderState, PaymentInProgress, RefundExceedsCaptured
from ..orders.models import Order, State
from . import provider
from .models import Payment, PaymentEvent, PaymentStatus, Refund
from .provider import NOT_PROCESSED, REFUSED, Failed, Missing, Outcome, Succeeded, Unknown
from .settlement import open_refund, settle_payment, settle_refund

logger = logging.getLogger(__name__)


@transaction.atomic
def create_payment(*, order_id: UUID, user_id: UUID, payment_method: str) -> Payment:
    """Write a payment that is yet to be sent to the provider.

    Raises:
        NotFound: the user has no order with this id.
        OrderState: it does not await payment.
        PaymentInProgress: the outcome of an earlier payment is unknown.
    """
    order = Order.objects.select_for_update().filter(id=order_id, user=user_id).first()
    if order is None:
        raise NotFound
    if order.state != State.AWAITING_PAYMENT:
        raise OrderState(
            f"The order is {order.state}; only an order that is awaiting_payment can be paid."
        )
    with unique(PaymentInProgress):
        return Payment.objects.create(
            order=order,
            amount=order.total_amount,
            currency=order.currency,
            payment_method=payment_method,
        )


def get_payment(*, payment_id: UUID, caller: Caller | User) -> Payment:
    """One payment.

    Raises:
        NotFound: there is none with this id that the caller may see.
    """
    payment = Payment.objects.visible_to(caller).filter(id=payment_id).first()
    if payment is None:
        raise NotFound
    return payment


@transaction.atomic
def create_refund(
    *, order_id: UUID, user_id: UUID, amount: int, reason: str | None = None
) -> Refund:
    """Write a refund that is yet to be sent to the provider; `amount` in minor units.

    Raises:
        NotFound: there is no such order.
        OrderState: nothing was captured for it.
        RefundExceedsCaptured: more than was captured and is not given back.
    """
    order = Order.objects.select_for_update().filter(id=order_id).first()
    if order is None:
        raise NotFound
    captured, refunded = order.captured_amount, order.refunded_amount
    if not captured:
        raise OrderState(f"The order is {order.state}; no money was captured for it.")
    if amount > captured - refunded:
        raise RefundExceedsCaptured(
            f"Captured {captured}, refunded so far {refunded}, requested {amount}."
        )
    payment = Payment.objects.select_for_update().get(order=order, status=PaymentStatus.CAPTURED)
    refund = open_refund(
        order=order, payment=payment, amount=amount, reason=reason, user_id=user_id
    )
    payment.renew()
    order.renew()
    return refund


@transaction.atomic
def receive_payment_event(
    *,
    webhook_id: str,
    body: str,
    type: str,  # noqa: A002 -- the contract names the member `type`
    data: dict[str, Any],
) -> None:
    """Keep an event of the provider, and settle what it is about; the second time, nothing."""
    try:
        with transaction.atomic():
            PaymentEvent.objects.create(webhook_id=webhook_id, type=type, body=body)
    except IntegrityError:
        return
    kind, _, news = type.partition(".")
    outcome: Outcome = Succeeded(data["id"], data["amount"], data["currency"])
    if news == "failed":
        outcome = Failed(
            data["failure_code"] or REFUSED, data["id"], data["amount"], data["currency"]
        )
    reference = data["reference"]
    if kind == "payment" and Payment.objects.filter(id=reference).exists():
        settle_payment(payment_id=reference, outcome=outcome)
    elif kind == "refund" and Refund.objects.filter(id=reference).exists():
        settle_refund(refund_id=reference, outcome=outcome)
    else:
        logger.warning("event %s is about nothing that is known here", webhook_id)


class ProviderUnreachable(Exception):
    """One line that says why nothing more was settled."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many payments and refunds there are of each status now, of those that were pending."""

    payments: Counter[str]
    refunds: Counter[str]


def reconcile_payments(*, older_than: int) -> Reconciliation:
    """Settle what has been pending for `older_than` seconds or longer, each in its own transaction.

    Raises:
        ProviderUnreachable: the provider does not answer; what was settled before stays settled.
    """
    since = now() - timedelta(seconds=older_than)
    report = Reconciliation(Counter(), Counter())
    for payment in list(Payment.objects.pending_since(since)):
        _reconcile_payment(payment, report)
    for refund in list(Refund.objects.pending_since(since).select_related("payment")):
        _reconcile_refund(refund, provider.find_refund(refund), report)
    return report


def _reconcile_payment(payment: Payment, report: Reconciliation) -> None:
    outcome = provider.find_payment(payment)
    if isinstance(outcome, Missing):
        if Order.objects.filter(id=payment.order_id, state=State.CANCELLED).exists():
            outcome = Failed(NOT_PROCESSED)
        else:
            outcome = provider.create_payment(payment)
    send = partial(_reconcile_refund, outcome=Missing(), report=report)
    settled = settle_payment(payment_id=payment.id, outcome=_reached(outcome), send=send)
    report.payments[settled.status] += 1


def _reconcile_refund(refund: Refund, outcome: Outcome | Missing, report: Reconciliation) -> None:
    if isinstance(outcome, Missing):
        outcome = provider.create_refund(refund)
    report.refunds[settle_refund(refund_id=refund.id, outcome=_reached(outcome)).status] += 1


def _reached(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Unknown) and outcome.unreachable:
        raise ProviderUnreachable(f"the payment provider does not answer: {outcome.reason}")
    return outcome
