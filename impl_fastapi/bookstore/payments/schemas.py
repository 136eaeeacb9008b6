"""What goes over the wire about money, named as in the contract."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict
from pydantic_core import PydanticCustomError

from ..fields import (
    CURRENCY_TEXT,
    LONG_TEXT,
    Currency,
    StrictModel,
    choice,
    integer,
    text,
)
from ..http import money, timestamp

MAX_AMOUNT = 999_999_999_999_999
METHOD = re.compile(r"pm_[a-z0-9_]{1,60}")
PROVIDER_ID = re.compile(r"[A-Za-z0-9_-]+")
CODE = re.compile(r"[a-z_]+")
DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        raise PydanticCustomError("format", "must be a time such as 2026-03-01T09:30:00Z") from None
    return value


class PaymentCreation(StrictModel):
    """Body of `createPayment`."""

    payment_method: Annotated[
        str, text(4, 63, METHOD, form="pm_ and lower-case letters, digits and underscores")
    ]


class RefundAmount(StrictModel):
    """What goes back, in minor units of the shop's currency."""

    amount: Annotated[int, integer(1, MAX_AMOUNT)]
    currency: Currency


class RefundCreation(StrictModel):
    """Body of `createRefund`."""

    amount: RefundAmount
    reason: Annotated[str, text(1, 500, LONG_TEXT)] | None = None


class EventData(StrictModel):
    """The payment or refund of an event; `id` is the provider's, `reference` is the shop's."""

    model_config = ConfigDict(extra="ignore")  # the provider may add members
    id: Annotated[str, text(1, 100, PROVIDER_ID, form="letters, digits, hyphens and underscores")]
    reference: UUID
    amount: Annotated[int, integer(0, MAX_AMOUNT)]
    currency: Annotated[str, CURRENCY_TEXT]
    failure_code: (
        Annotated[str, text(1, 100, CODE, form="lower-case letters and underscores")] | None
    ) = None


class PaymentEvent(StrictModel):
    """Body of `receivePaymentEvent`."""

    model_config = ConfigDict(extra="ignore")  # the provider may add members
    type: Annotated[
        str, choice("payment.captured", "payment.failed", "refund.succeeded", "refund.failed")
    ]
    timestamp: Annotated[
        str,
        AfterValidator(_moment),
        text(1, 40, DATE_TIME, form="a time such as 2026-03-01T09:30:00Z"),
    ]
    data: EventData


def show_payment(payment: Any) -> dict[str, Any]:
    """A payment as `Payment`."""
    return {
        "id": payment.id,
        "order_id": payment.order_id,
        "status": payment.status,
        "amount": money(payment.amount, payment.currency),
        "refunded": money(payment.refunded_amount, payment.currency),
        "failure_code": payment.failure_code,
        "created_at": timestamp(payment.created_at),
        "updated_at": timestamp(payment.updated_at),
    }


def show_refund(refund: Any, currency: str) -> dict[str, Any]:
    """A refund as `Refund`."""
    return {
        "id": refund.id,
        "order_id": refund.order_id,
        "payment_id": refund.payment_id,
        "status": refund.status,
        "amount": money(refund.amount, currency),
        "reason": refund.reason,
        "created_at": timestamp(refund.created_at),
        "updated_at": timestamp(refund.updated_at),
    }
