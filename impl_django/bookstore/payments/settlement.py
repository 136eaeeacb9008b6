"""Apply payment outcomes, from the API response, a webhook or reconciliation (storage.md, Money).

The order is locked first, so no other transaction moves its money meanwhile. An outcome that is
applied twice has no second effect.
"""

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction

from ..database import now
from ..errors import ServiceUnavailable
from ..orders.models import Order, State
from . import provider
from .models import Payment, PaymentStatus, Refund, RefundStatus
from .provider import Failed, Outcome, Succeeded, Unknown

logger = logging.getLogger(__name__)


def settle_payment(
    *, payment_id: UUID, outcome: Outcome, send: Callable[[Refund], object] | None = None
) -> Payment:
    """Believe what is said of a payment, as far as the rules allow; the payment as it is then.

    A refund that this opens goes to `send`, else to send_refund, once it is committed.
    """
    try:
        with transaction.atomic():
            payment, refund = _settle_payment(payment_id, outcome)
            if refund:
                transaction.on_commit(partial(send or send_refund, refund))
            return payment
    except IntegrityError:
        logger.exception("news of payment %s that cannot be: %s", payment_id, outcome)
        return Payment.objects.get(id=payment_id)


def _settle_payment(payment_id: UUID, outcome: Outcome) -> tuple[Payment, Refund | None]:
    order = Order.objects.select_for_update(of=("self",)).get(payment=payment_id)
    others = {
        payment.id: payment
        for payment in Payment.objects.filter(order=order).order_by("id").select_for_update()
    }
    payment = others.pop(payment_id)
    if not _credible(payment_id, payment.amount, payment.currency, outcome):
        return payment, None
    refund = None
    match outcome, payment.status:
        case Succeeded(), PaymentStatus.PENDING:
            refund = _capture(order, payment, outcome)
        case Succeeded(), PaymentStatus.FAILED:
            if Refund.objects.filter(payment=payment).exists():
                return payment, None
            if all(other.status == PaymentStatus.FAILED for other in others.values()):
                refund = _capture(order, payment, outcome)
            else:
                refund = _turn_away(order, payment, outcome)
        case Failed(), PaymentStatus.PENDING:
            payment.status, payment.failure_code = PaymentStatus.FAILED, outcome.failure_code
            payment.provider_id = outcome.provider_id
            payment.renew()
    return payment, refund


def _capture(order: Order, payment: Payment, outcome: Succeeded) -> Refund | None:
    """Count the money in; an order that was cancelled meanwhile gives it all back."""
    payment.status, payment.failure_code = PaymentStatus.CAPTURED, None
    payment.provider_id = payment.provider_id or outcome.provider_id
    order.captured_amount += payment.amount
    refund = None
    if order.state == State.AWAITING_PAYMENT:
        order.state, order.paid_at, order.expires_at = State.PAID, now(), None
    elif order.state == State.CANCELLED:
        refund = open_refund(order=order, payment=payment, amount=payment.amount)
    payment.renew()
    order.renew()
    return refund


def _turn_away(order: Order, payment: Payment, outcome: Succeeded) -> Refund:
    """Send back what came beside the payment that counts."""
    payment.provider_id = payment.provider_id or outcome.provider_id
    refund = open_refund(order=order, payment=payment, amount=payment.amount)
    payment.renew()
    return refund


def settle_refund(*, refund_id: UUID, outcome: Outcome) -> Refund:
    """Apply the outcome of a refund as far as the rules allow; return the refund."""
    try:
        with transaction.atomic():
            return _settle_refund(refund_id, outcome)
    except IntegrityError:
        logger.exception("news of refund %s that cannot be: %s", refund_id, outcome)
        return Refund.objects.select_related("order", "payment").get(id=refund_id)


def _settle_refund(refund_id: UUID, outcome: Outcome) -> Refund:
    order = Order.objects.select_for_update(of=("self",)).get(refund=refund_id)
    refunds = Refund.objects.select_related("payment").select_for_update(of=("self", "payment"))
    refund = refunds.get(id=refund_id)
    refund.order = order
    if not _credible(refund_id, refund.amount, refund.payment.currency, outcome):
        return refund
    match outcome, refund.status:
        case Succeeded(), RefundStatus.PENDING:
            refund.status = RefundStatus.SUCCEEDED
        case Succeeded(), RefundStatus.FAILED:
            refund.status = RefundStatus.SUCCEEDED
            _recount(refund, refund.amount)
        case Failed(), RefundStatus.PENDING:
            refund.status = RefundStatus.FAILED
            _recount(refund, -refund.amount)
        case _:
            return refund
    refund.provider_id = refund.provider_id or outcome.provider_id
    refund.updated_at = now()
    refund.save(force_update=True)
    return refund


def _recount(refund: Refund, amount: int) -> None:
    _give_back(refund.order, refund.payment, amount)
    refund.payment.renew()
    if refund.payment.status == PaymentStatus.CAPTURED:
        refund.order.renew()


def open_refund(
    *,
    order: Order,
    payment: Payment,
    amount: int,
    reason: str | None = None,
    user_id: UUID | None = None,
) -> Refund:
    """Write a refund of a locked payment and order, which its author is yet to renew.

    Its amount counts as given back from now on, so that nobody gives it back a second time.
    """
    _give_back(order, payment, amount)
    return Refund.objects.create(
        order=order, payment=payment, amount=amount, reason=reason, user_id=user_id
    )


def _give_back(order: Order, payment: Payment, amount: int) -> None:
    """Add `amount` to the refunded sums; to the order's only if the payment is captured."""
    payment.refunded_amount += amount
    if payment.status == PaymentStatus.CAPTURED:
        order.refunded_amount += amount


def send_refund(refund: Refund) -> Refund:
    """Send a committed refund and settle it; it stays pending while no thread is free."""
    try:
        with provider.turn():
            outcome = provider.create_refund(refund)
    except ServiceUnavailable:
        logger.warning("refund %s waits for reconcile-payments", refund.id)
        return refund
    return settle_refund(refund_id=refund.id, outcome=outcome)


def _credible(reference: UUID, amount: int, currency: str, outcome: Outcome) -> bool:
    """Whether the news is of this very money."""
    if isinstance(outcome, Unknown):
        logger.warning("the outcome of %s is unknown: %s", reference, outcome.reason)
        return False
    if outcome.amount is not None and (outcome.amount, outcome.currency) != (amount, currency):
        logger.error("news of %s with another amount or currency: %s", reference, outcome)
        return False
    return True
