"""The operations of the tag `payments`, in the contract's order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..auth import SIGNED_IN, STAFF, SignedIn
from ..database import Reader, Transaction
from ..http import answer, done, not_modified, version_tag
from ..idempotency import OnlyOnce
from ..inputs import read_json
from . import services
from .models import Payment, Refund
from .provider import Provider
from .schemas import PaymentCreation, PaymentEvent, RefundCreation, show_payment, show_refund
from .signatures import SIGNED, EventId

router = APIRouter()


@router.post("/orders/{order_id:uuid}/payments", dependencies=[SIGNED_IN])
async def create_payment(
    order_id: UUID,
    caller: SignedIn,
    once: OnlyOnce,
    data: Annotated[PaymentCreation, read_json(PaymentCreation)],
    transaction: Transaction,
    provider: Provider,
) -> Response:
    """createPayment."""

    async def checkpoint(payment: Payment) -> None:
        await once.checkpoint(_payment_answer(payment))

    async def effect() -> Response:
        payment = await services.create_payment(
            transaction,
            provider,
            user_id=caller.id,
            order_id=order_id,
            data=data,
            checkpoint=checkpoint,
        )
        return _payment_answer(payment)

    return await once(effect)


@router.get("/payments/{payment_id:uuid}", dependencies=[SIGNED_IN])
async def get_payment(
    request: Request, payment_id: UUID, caller: SignedIn, reader: Reader
) -> Response:
    """getPayment."""
    payment = await services.get_payment(reader, caller=caller, payment_id=payment_id)
    etag = version_tag(payment.version)
    return not_modified(request, etag) or answer(show_payment(payment), etag=etag)


@router.post("/orders/{order_id:uuid}/refunds", dependencies=[STAFF])
async def create_refund(
    order_id: UUID,
    caller: SignedIn,
    once: OnlyOnce,
    data: Annotated[RefundCreation, read_json(RefundCreation)],
    transaction: Transaction,
    provider: Provider,
) -> Response:
    """createRefund."""

    async def checkpoint(refund: Refund, payment: Payment) -> None:
        await once.checkpoint(_refund_answer(refund, payment))

    async def effect() -> Response:
        refund, payment = await services.create_refund(
            transaction,
            provider,
            user_id=caller.id,
            order_id=order_id,
            data=data,
            checkpoint=checkpoint,
        )
        return _refund_answer(refund, payment)

    return await once(effect)


@router.post("/webhooks/payments", dependencies=[SIGNED])
async def receive_payment_event(
    request: Request,
    webhook_id: EventId,
    event: Annotated[PaymentEvent, read_json(PaymentEvent)],
    transaction: Transaction,
    provider: Provider,
) -> Response:
    """receivePaymentEvent."""
    body = (await request.body()).decode()
    await services.receive_payment_event(
        transaction, provider, webhook_id=webhook_id, body=body, event=event
    )
    return done()


def _payment_answer(payment: Payment) -> Response:
    return answer(
        show_payment(payment),
        202 if payment.status == "pending" else 201,
        etag=version_tag(payment.version),
        location=f"/payments/{payment.id}",
    )


def _refund_answer(refund: Refund, payment: Payment) -> Response:
    status = 202 if refund.status == "pending" else 201
    return answer(show_refund(refund, payment.currency), status)
