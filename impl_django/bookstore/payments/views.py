"""The operations of the tag payments, in the contract's order."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import MAX_JSON_BYTES, answer, done, not_modified, read_body, read_json, version_tag
from ..idempotency import checkpoint, idempotent
from . import provider, schemas, services
from .models import Payment, PaymentStatus, Refund, RefundStatus
from .settlement import settle_payment, settle_refund
from .signatures import SignatureAuthentication


class PaymentOperations(Operations):
    """Money in, money back."""

    @operation("customer")
    @idempotent
    def create_payment(self, request: Request, order_id: UUID) -> HttpResponse:
        """createPayment."""
        fields = read_json(request, schemas.PaymentCreation)
        payment = services.create_payment(order_id=order_id, user_id=self.caller.id, **fields)
        with provider.turn(), checkpoint(request, _payment_answer(payment)):
            outcome = provider.create_payment(payment)
        return _payment_answer(settle_payment(payment_id=payment.id, outcome=outcome))

    @operation("customer")
    def get_payment(self, request: Request, payment_id: UUID) -> HttpResponse:
        """getPayment."""
        payment = services.get_payment(payment_id=payment_id, caller=self.caller)
        etag = version_tag(payment.version)
        return not_modified(request, etag, public=False) or answer(
            schemas.show_payment(payment), etag=etag
        )

    @operation("staff")
    @idempotent
    def create_refund(self, request: Request, order_id: UUID) -> HttpResponse:
        """createRefund."""
        fields = read_json(request, schemas.RefundCreation)
        refund = services.create_refund(order_id=order_id, user_id=self.caller.id, **fields)
        with provider.turn(), checkpoint(request, _refund_answer(refund)):
            outcome = provider.create_refund(refund)
        return _refund_answer(settle_refund(refund_id=refund.id, outcome=outcome))


class PaymentEventOperations(Operations):
    """What the provider has to say, signed instead of logged in."""

    authentication_classes = (SignatureAuthentication,)
    permission_classes = ()

    @operation("signature")
    def receive_payment_event(self, request: Request) -> HttpResponse:
        """receivePaymentEvent."""
        event = read_json(request, schemas.PaymentEvent)
        services.receive_payment_event(
            webhook_id=str(request.auth),
            body=read_body(request, MAX_JSON_BYTES).decode(),
            type=event["type"],
            data=event["data"],
        )
        return done()


def _payment_answer(payment: Payment) -> HttpResponse:
    """201 where the outcome is known, else 202."""
    return answer(
        schemas.show_payment(payment),
        202 if payment.status == PaymentStatus.PENDING else 201,
        etag=version_tag(payment.version),
        location=f"/payments/{payment.id}",
    )


def _refund_answer(refund: Refund) -> HttpResponse:
    """201 where the outcome is known, else 202."""
    return answer(
        schemas.show_refund(refund), 202 if refund.status == RefundStatus.PENDING else 201
    )
