"""Orders in plain Python, and the money that moves for them."""

from dataclasses import dataclass, field

from harness.contract import Json
from harness.shop import price
from test_model.things import (
    AWAITING,
    CANCELLED,
    CAPTURED,
    DELIVERED,
    FAILED,
    PENDING,
    SHIPPED,
    SUCCEEDED,
    TIMES,
    Book,
    Resource,
    Thing,
    User,
    moment_if,
)

CARDS = {
    "pm_card_visa": None,
    "pm_card_mastercard": None,
    "pm_card_refund_fails": None,
    "pm_card_declined": "card_declined",
    "pm_card_insufficient_funds": "insufficient_funds",
}
"""Cards of the payment sandbox, each with the code it fails with."""


@dataclass(eq=False, repr=False)
class Line:
    """A book as it was when it was ordered."""

    order: "Order"
    book: Book
    isbn: str
    title: str
    quantity: int
    unit: int

    def show(self) -> Json:
        return {
            "book_id": self.book.id,
            "isbn": self.isbn,
            "title": self.title,
            "quantity": self.quantity,
            "unit_price": price(self.unit),
            "line_total": price(self.quantity * self.unit),
        }


@dataclass(eq=False, repr=False)
class Payment(Resource):
    """An attempt to pay an order."""

    PLACE = "payments"
    order: "Order"
    card: str
    status: str = PENDING
    """Until there is news of it."""

    def settle(self) -> None:
        """Hear what became of it; hearing it again changes nothing."""
        self.status = FAILED if CARDS[self.card] else CAPTURED
        if self.status == CAPTURED and self.order.state == AWAITING:
            self.order.state = "paid"

    def show(self) -> Json:
        return {
            "id": self.id,
            "order_id": self.order.id,
            "status": self.status,
            "amount": price(self.order.total),
            "refunded": price(self.order.refunded if self.status == CAPTURED else 0),
            "failure_code": CARDS[self.card] if self.status == FAILED else None,
            **TIMES,
        }


@dataclass(eq=False, repr=False)
class Refund(Thing):
    """Money on its way back."""

    payment: Payment
    amount: int
    status: str = PENDING

    def settle(self) -> None:
        """Hear what became of it."""
        self.status = FAILED if self.payment.card == "pm_card_refund_fails" else SUCCEEDED

    def show(self) -> Json:
        about = {"order_id": self.payment.order.id, "payment_id": self.payment.id}
        amount = {"status": self.status, "amount": price(self.amount), "reason": None}
        return {"id": self.id, **about, **amount, **TIMES}


@dataclass(eq=False, repr=False)
class Order(Resource):
    """An order, from the cart to the door."""

    PLACE = "orders"
    user: User
    address: Json
    state: str = AWAITING
    lines: list[Line] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    shipment: Json = field(default_factory=lambda: {"carrier": None, "tracking_number": None})
    cancelled_by: str | None = None

    @property
    def total(self) -> int:
        """What it costs."""
        return sum(line.quantity * line.unit for line in self.lines)

    @property
    def live_payment(self) -> Payment | None:
        """The one that is pending or captured."""
        return next((each for each in self.payments if each.status != FAILED), None)

    @property
    def captured(self) -> int:
        """What was taken for it."""
        return self.total if any(each.status == CAPTURED for each in self.payments) else 0

    @property
    def refunded(self) -> int:
        """What was given back of that, or is on its way."""
        return sum(refund.amount for refund in self.refunds if refund.status != FAILED)

    @property
    def kept(self) -> int:
        """What can still be given back."""
        return self.captured - self.refunded

    def give_back(self, amount: int, *, lost: bool = False) -> Refund:
        """Open a refund; where the provider's answer is lost, it stays pending."""
        payment = self.live_payment
        assert payment
        refund = Refund(payment, amount)
        self.refunds.append(refund)
        if not lost:
            refund.settle()
        return refund

    def summary(self) -> Json:
        return {
            "id": self.id,
            "user_id": self.user.id,
            "state": self.state,
            "total": price(self.total),
            "captured": price(self.captured),
            "refunded": price(self.refunded),
            **TIMES,
        }

    def show(self) -> Json:
        return {
            **self.summary(),
            "lines": [line.show() for line in self.lines],
            "shipping_address": self.address,
            "expires_at": moment_if(self.state == AWAITING),
            "paid_at": moment_if(self.captured),
            "shipped_at": moment_if(self.state in {SHIPPED, DELIVERED}),
            "delivered_at": moment_if(self.state == DELIVERED),
            "cancelled_at": moment_if(self.state == CANCELLED),
            "cancellation_reason": self.cancelled_by,
            **self.shipment,
        }
