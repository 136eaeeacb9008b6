"""The operations of the tag payments, in the contract's order."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, request

from ..auth import operation
from ..database import db
from ..errors import ServiceUnavailable
from ..http import MAX_JSON_BYTES, answer, done, not_modified, read_body, read_json, version_tag
from ..idempotency import checkpoint, idempotent
from . import provider, schemas, services
from .models import PENDING, Refund

blueprint = Blueprint("payments", __name__)


@blueprint.post("/orders/<uuid:order_id>/payments")
@operation("customer")
@idempotent
def create_payment(order_id: UUID) -> Response:
    """createPayment."""
    fields = read_json(schemas.PaymentCreation())
    payment = services.create_payment(order_id=order_id, user_id=g.caller.id, **fields)
    with provider.turn():
        checkpoint(_payment_answer(payment))
        services.send_payment(payment)
    return _payment_answer(payment)


@blueprint.get("/payments/<uuid:payment_id>")
@operation("customer")
def get_payment(payment_id: UUID) -> Response:
    """getPayment."""
    payment = services.get_payment(payment_id=payment_id, caller=g.caller)
    etag = version_tag(payment.version)
    return not_modified(etag, public=False) or answer(schemas.show_payment(payment), etag=etag)


@blueprint.post("/orders/<uuid:order_id>/refunds")
@operation("staff")
@idempotent
def create_refund(order_id: UUID) -> Response:
    """createRefund."""
    fields = read_json(schemas.RefundCreation())
    refund = services.create_refund(order_id=order_id, user_id=g.caller.id, **fields)
    with provider.turn():
        checkpoint(_refund_answer(refund))
        services.send_refund(refund)
    return _refund_answer(refund)


@blueprint.post("/webhooks/payments")
@operation("signature")
def receive_payment_event() -> Response:
    """receivePaymentEvent."""
    refund = services.receive_payment_event(
        webhook_id=request.headers["webhook-id"],
        event=read_json(schemas.PaymentEvent()),
        body=read_body(MAX_JSON_BYTES).decode(),
    )
    db.session.commit()
    if refund:
        with suppress(ServiceUnavailable), provider.turn():  # else it waits for reconcile-payments
            services.send_refund(refund)
            db.session.commit()
    return done()


def _payment_answer(payment: Any) -> Response:
    """201 with the provider's verdict, 202 while it is not known."""
    return answer(
        schemas.show_payment(payment),
        202 if payment.status == PENDING else 201,
        etag=version_tag(payment.version),
        location=f"/payments/{payment.id}",
    )


def _refund_answer(refund: Refund) -> Response:
    return answer(schemas.show_refund(refund), 202 if refund.status == PENDING else 201)
