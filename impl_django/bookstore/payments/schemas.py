"""What goes over the wire for payments."""

from typing import Any

from ..catalogue.schemas import CURRENCY_FORM, Currency
from ..fields import LONG_TEXT, Choice, Identifier, Integer, Moment, StrictSerializer, Text
from ..http import money, timestamp

MAX_AMOUNT = 999_999_999_999_999
EVENT_TYPES = ("payment.captured", "payment.failed", "refund.succeeded", "refund.failed")
PROVIDER_ID = "[A-Za-z0-9_-]{1,100}"
FAILURE_CODE = "[a-z_]{1,100}"


class PaymentCreation(StrictSerializer):
    """The contract's PaymentCreation."""

    payment_method = Text(
        4, 63, "pm_[a-z0-9_]{1,60}", form="pm_ and lower-case letters, digits and underscores"
    )


class RefundAmount(StrictSerializer):
    """The contract's RefundAmount, read as its amount in minor units."""

    amount = Integer(1, MAX_AMOUNT)
    currency = Currency()

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data)["amount"]


class RefundCreation(StrictSerializer):
    """The contract's RefundCreation."""

    amount = RefundAmount()
    reason = Text(1, 500, LONG_TEXT, allow_null=True, required=False)


class PaymentEventData(StrictSerializer):
    """The payment or refund of an event; its currency may differ from the shop's currency."""

    ignores_unknown = True  # the provider may add members
    id = Text(1, 100, PROVIDER_ID, form="letters, digits, hyphens and underscores")
    reference = Identifier()
    amount = Integer(0, MAX_AMOUNT)
    currency = Text(3, 3, "[A-Z]{3}", form=CURRENCY_FORM)
    failure_code = Text(
        1,
        100,
        FAILURE_CODE,
        form="lower-case letters and underscores",
        allow_null=True,
        default=None,
    )


class PaymentEvent(StrictSerializer):
    """The contract's PaymentEvent."""

    ignores_unknown = True  # the provider may add members
    type = Choice(*EVENT_TYPES)
    timestamp = Moment()
    data = PaymentEventData()  # type: ignore[assignment]  # a field, not the serializer's `data`


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
