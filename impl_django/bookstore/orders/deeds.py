"""What staff can do to an order in the admin site: operations of the contract, with a form each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from ..accounts.models import User
from ..admin import Contractual
from ..environment import current_settings
from ..payments.schemas import RefundCreation
from ..payments.services import create_refund
from ..payments.settlement import send_refund
from . import services
from .models import Order, State
from .schemas import Shipment


class DeedForm(Contractual, forms.Form):
    """Nothing to say but yes."""

    accepted: dict[str, Any] = {}


class ShipmentForm(DeedForm):
    """Who carries it, and how it is found."""

    carrier = forms.CharField(max_length=100)
    tracking_number = forms.CharField(max_length=100)

    def clean(self) -> None:
        """As shipOrder is asked."""
        self.accept(Shipment, self.cleaned_data)


class RefundForm(DeedForm):
    """How much goes back, and why."""

    amount = forms.IntegerField(min_value=1, help_text="In minor units: 1299 stands for 12.99.")
    reason = forms.CharField(max_length=500, required=False, widget=forms.Textarea({"rows": 3}))

    def clean(self) -> None:
        """As createRefund is asked."""
        if "amount" in self.cleaned_data:
            amount = {
                "amount": self.cleaned_data["amount"],
                "currency": current_settings().currency,
            }
            self.accept(
                RefundCreation, {"amount": amount, "reason": self.cleaned_data["reason"] or None}
            )


@dataclass(frozen=True, slots=True)
class Deed:
    """One of them: `run` does it and says what came of it."""

    title: str
    possible: Callable[[Order], bool]
    run: Callable[[Order, User, dict[str, Any]], str]
    form: type[DeedForm] = DeedForm
    warning: str = ""


def _ship(order: Order, user: User, fields: dict[str, Any]) -> str:
    services.ship_order(order_id=order.id, user_id=user.id, **fields)
    return "The order is on its way."


def _deliver(order: Order, _user: User, _fields: dict[str, Any]) -> str:
    services.deliver_order(order_id=order.id)
    return "The order is delivered."


def _refund(order: Order, user: User, fields: dict[str, Any]) -> str:
    refund = create_refund(order_id=order.id, user_id=user.id, **fields)
    return f"The refund is {send_refund(refund).status}."


def _cancel(order: Order, user: User, _fields: dict[str, Any]) -> str:
    _, _, refund = services.cancel_order(order_id=order.id, caller=user)
    if refund is None:
        return "The order is cancelled."
    return f"The order is cancelled; its refund is {send_refund(refund).status}."


DEEDS = {
    "ship": Deed(
        "Ship",
        lambda order: order.state == State.PAID,
        _ship,
        ShipmentForm,
        "The copies leave the stock.",
    ),
    "deliver": Deed("Mark as delivered", lambda order: order.state == State.SHIPPED, _deliver),
    "refund": Deed(
        "Refund",
        lambda order: order.captured_amount > order.refunded_amount,
        _refund,
        RefundForm,
        "At most what was paid and not given back yet.",
    ),
    "cancel": Deed(
        "Cancel",
        lambda order: order.state in (State.AWAITING_PAYMENT, State.PAID),
        _cancel,
        warning="The copies are free again, and what was paid goes back. This cannot be undone.",
    ),
}
