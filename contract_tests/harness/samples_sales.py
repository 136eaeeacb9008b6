"""Sample requests of the review, cart, order, payment and report operations."""

from harness.client import Client, succeeded
from harness.contract import Json, Operation
from harness.sales import ADDRESS, SHIPMENT, VISA, once, path_of
from harness.sample import Cast, Maker, Sample, at, on
from harness.shop import price

UNKNOWN_REFERENCE = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
MARCH = "from=2026-03-01&to=2026-03-31&group_by=month"
EVENT: Json = {
    "type": "payment.captured",
    "timestamp": "2026-03-01T09:30:00Z",
    "data": {
        "id": "pay_8f3k2",
        "reference": UNKNOWN_REFERENCE,
        "amount": 2598,
        "currency": "EUR",
        "failure_code": None,
    },
}
"""An event of an unknown payment: the shop stores it and does nothing else."""


def _reviews(to: Cast) -> str:
    """Return the path of the reviews of a book that the regular customer may review."""
    return f"/books/{to.unreviewed()['id']}/reviews"


def _review(to: Cast) -> str:
    created = succeeded(to.regular.client.post(_reviews(to), {"rating": 5}), 201)
    return f"/reviews/{created.json()['id']}"


def _with_cart(to: Cast, operation: Operation) -> tuple[Client, str]:
    """Return a customer with a book in the cart, and the item's path."""
    buyer = to.somebody[operation.id]
    to.sales.fill(buyer, (to.plenty, 1))
    return buyer, f"/cart/items/{to.plenty['id']}"


def _cart(to: Cast, operation: Operation) -> Sample:
    buyer, _ = _with_cart(to, operation)
    return Sample(operation, buyer, "/cart")


def _cart_item(to: Cast, operation: Operation) -> Sample:
    buyer, path = _with_cart(to, operation)
    return Sample(operation, buyer, path)


def _another_quantity(to: Cast, operation: Operation) -> Sample:
    return _cart_item(to, operation).with_json({"quantity": 2})


def _placement(to: Cast, operation: Operation) -> Sample:
    buyer, _ = _with_cart(to, operation)
    return Sample(operation, buyer, "/orders", once()).with_json({"shipping_address": ADDRESS})


def _order(to: Cast) -> str:
    return path_of(to.sales.order(to.regular.client, (to.plenty, 1)))


def _paid_order(to: Cast) -> str:
    return path_of(to.sales.paid(to.regular.client, (to.plenty, 1)))


def _shipped_order(to: Cast) -> str:
    return path_of(to.sales.shipped(to.regular.client, (to.plenty, 1)))


def _payment(to: Cast) -> str:
    buyer = to.regular.client
    order = to.sales.order(buyer, (to.plenty, 1))
    return f"/payments/{to.sales.payment(buyer, order)['id']}"


def _event(to: Cast, operation: Operation) -> Sample:
    return Sample(operation, to.anyone, operation.path, secret=to.secret).with_json(EVENT)


MAKERS: dict[str, Maker] = {
    "listReviews": on(lambda to: f"/books/{to.shop.book()['id']}/reviews"),
    "createReview": on(_reviews, lambda: {"rating": 4, "title": "There and back"}),
    "getReview": on(_review),
    "updateReview": on(_review, lambda: {"rating": 2}, guarded=True),
    "deleteReview": on(_review, guarded=True),
    "getCart": _cart,
    "clearCart": _cart,
    "putCartItem": _another_quantity,
    "deleteCartItem": _cart_item,
    "listOrders": at(),
    "placeOrder": _placement,
    "getOrder": on(_order),
    "cancelOrder": on(lambda to: f"{_order(to)}/cancellation", once=True),
    "shipOrder": on(lambda to: f"{_paid_order(to)}/shipment", lambda: SHIPMENT, once=True),
    "deliverOrder": on(lambda to: f"{_shipped_order(to)}/delivery"),
    "createPayment": on(
        lambda to: f"{_order(to)}/payments", lambda: {"payment_method": VISA}, once=True
    ),
    "getPayment": on(_payment),
    "createRefund": on(
        lambda to: f"{_paid_order(to)}/refunds", lambda: {"amount": price(1)}, once=True
    ),
    "receivePaymentEvent": _event,
    "getSalesReport": at(query=MARCH),
}
