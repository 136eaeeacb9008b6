"""What goes over the wire for payments, refunds and events; and what the provider answers."""

import re
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, fields

from ..catalogue.schemas import CURRENCY_FORM, Currency
from ..fields import LONG_TEXT, Choice, Identifier, Integer, Strict, StrictSchema, Text, invalid
from ..http import money, timestamp

MAX_AMOUNT = 999_999_999_999_999
PROVIDER_ID = "[A-Za-z0-9_-]+"
CODE = "[a-z_]+"
CODE_FORM = "lower-case letters and underscores"
EVENTS = ("payment.captured", "payment.failed", "refund.succeeded", "refund.failed")
MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


class Moment(Text):
    """A time per RFC 3339."""

    def __init__(self, **options: Any) -> None:
        super().__init__(0, 40, **options)

    def convert(self, value: str) -> str:
        """The time as it was written; nothing depends on it."""
        if not (match := MOMENT.fullmatch(value)) or not _is_day(match[1]):
            raise invalid("format", "must be a time such as 2026-03-01T09:30:00Z")
        return value


class PaymentCreation(StrictSchema):
    """The contract's PaymentCreation."""

    payment_method = Text(
        4,
        63,
        "pm_[a-z0-9_]{1,60}",
        form="pm_ and lower-case letters, digits and underscores",
        required=True,
    )


class RefundAmountSchema(StrictSchema):
    """The contract's RefundAmount."""

    amount = Integer(1, MAX_AMOUNT, required=True)
    currency = Currency(required=True)


class RefundAmount(Strict):
    """A RefundAmount, loaded as its amount in minor units."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        return int(RefundAmountSchema().load(value)["amount"])


class RefundCreation(StrictSchema):
    """The contract's RefundCreation."""

    amount = RefundAmount(required=True)
    reason = Text(1, 500, LONG_TEXT, allow_none=True)


class EventData(StrictSchema):
    """The payment or refund of an event. The provider may add members, which the shop ignores."""

    class Meta:
        """Accept members that the contract does not name."""

        unknown = EXCLUDE

    id = Text(1, 100, PROVIDER_ID, form="letters, digits, hyphens and underscores", required=True)
    reference = Identifier(required=True)
    amount = Integer(0, MAX_AMOUNT, required=True)
    currency = Text(3, 3, "[A-Z]{3}", form=CURRENCY_FORM, required=True)
    failure_code = Text(1, 100, CODE, form=CODE_FORM, allow_none=True, load_default=None)


class PaymentEvent(StrictSchema):
    """The contract's PaymentEvent. The provider may add members, which the shop ignores."""

    class Meta:
        """Accept members that the contract does not name."""

        unknown = EXCLUDE

    type = Choice(*EVENTS, required=True)
    timestamp = Moment(required=True)
    data = fields.Nested(EventData(), required=True, error_messages=Strict.default_error_messages)


class ProviderAnswer(EventData):
    """A payment or refund as the provider shows it."""

    status = Text(1, 30, CODE, form=CODE_FORM, required=True)


def show_payment(payment: Any) -> dict[str, Any]:
    """The contract's Payment, from a model or a row."""
    return {
        "id": str(payment.id),
        "order_id": str(payment.order_id),
        "status": payment.status,
        "amount": money(payment.amount, payment.currency),
        "refunded": money(payment.refunded_amount, payment.currency),
        "failure_code": payment.failure_code,
        "created_at": timestamp(payment.created_at),
        "updated_at": timestamp(payment.updated_at),
    }


def show_refund(refund: Any) -> dict[str, Any]:
    """The contract's Refund, from a model with its payment."""
    return {
        "id": str(refund.id),
        "order_id": str(refund.order_id),
        "payment_id": str(refund.payment_id),
        "status": refund.status,
        "amount": money(refund.amount, refund.payment.currency),
        "reason": refund.reason,
        "created_at": timestamp(refund.created_at),
        "updated_at": timestamp(refund.updated_at),
    }


def _is_day(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 -- a date has no time zone
    except ValueError:
        return False
    return True
