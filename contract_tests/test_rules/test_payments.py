"""Payments: one charge at most, and an outcome that is not known is neither of the two."""

import pytest

from harness import formats
from harness.client import Client, invalid, location, refused, succeeded
from harness.contract import Json
from harness.people import Person
from harness.processes import eventually
from harness.sales import DECLINED, VISA, Sales, once, path_of
from harness.sandbox import Sandbox
from harness.shop import price

NOT_BELIEVED = ["malformed", "oversized", "redirect", "wrong_amount", "wrong_currency"]
UNKNOWN = ["drop_before", "drop_after", *NOT_BELIEVED]


@pytest.fixture(scope="module")
def buyer(reader: Client) -> Client:
    """A customer, who pays for orders of separate books."""
    return reader


def payment_now(sales: Sales, payment: Json) -> Json:
    return succeeded(sales.staff.get(f"/payments/{payment['id']}")).json()


def pending(sales: Sales, buyer: Client, sandbox: Sandbox, order: Json, kind: str) -> Json:
    """A payment whose outcome the shop cannot know: the provider fails, and stays silent."""
    with sandbox.mute(), sandbox.misbehaving("createPayment", kind):
        return succeeded(sales.pay(buyer, order), 202).json()


def test_a_payment_says_what_was_charged(sales: Sales, buyer: Client) -> None:
    order = sales.order(buyer, (sales.book(price=price(1299)), 2))
    answer = succeeded(sales.pay(buyer, order), 201)
    payment = answer.json()
    assert (payment["order_id"], payment["status"]) == (order["id"], "captured")
    assert (payment["amount"], payment["refunded"]) == (price(2598), price(0))
    assert payment["failure_code"] is None
    assert location(answer) == f"/payments/{payment['id']}"
    for somebody in (buyer, sales.staff):
        seen = succeeded(somebody.get(location(answer)))
        assert (seen.json(), seen.headers["ETag"]) == (payment, answer.headers["ETag"])


def test_a_captured_payment_makes_the_order_paid(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    book = sales.book(5, price=price(450))
    order = sales.order(buyer, (book, 2))
    payment = sales.payment(buyer, order)
    paid = sales.now(order)
    assert formats.at_once(paid["paid_at"], paid["updated_at"])
    assert paid["updated_at"] > order["updated_at"]
    changed = {"state": "paid", "captured": price(900), "expires_at": None}
    changed |= {name: paid[name] for name in ("paid_at", "updated_at")}
    assert paid == {**order, **changed}
    assert sales.stock(book) == (5, 2)
    assert sandbox.moved(payment["id"]) == (900, 0)


def test_the_event_of_a_settled_payment_changes_nothing(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    order = sales.order(buyer)
    payment = sales.payment(buyer, order)
    before = sales.seen(order), payment_now(sales, payment)
    (event,) = sandbox.events(payment["id"])
    assert eventually(lambda: sandbox.events(payment["id"])[0]["state"] == "delivered")
    sandbox.deliver(event)
    assert (sales.seen(order), payment_now(sales, payment)) == before


@pytest.mark.parametrize(
    ("method", "code"),
    [
        (DECLINED, "card_declined"),
        ("pm_card_insufficient_funds", "insufficient_funds"),
        ("pm_card_expired", "card_expired"),
        ("pm_nobody_knows_it", "unknown_payment_method"),
    ],
)
def test_a_declined_payment_leaves_the_order_waiting(
    sales: Sales, buyer: Client, sandbox: Sandbox, method: str, code: str
) -> None:
    order = sales.order(buyer)
    before = sales.seen(order)
    payment = succeeded(sales.pay(buyer, order, method), 201).json()
    assert (payment["status"], payment["failure_code"]) == ("failed", code)
    assert sales.seen(order) == before
    assert sandbox.moved(payment["id"]) == (0, 0)
    assert sales.payment(buyer, order)["status"] == "captured"
    assert payment_now(sales, payment) == payment


def test_a_repeated_payment_is_one_charge(sales: Sales, buyer: Client, sandbox: Sandbox) -> None:
    order, key = sales.order(buyer), formats.word()
    first = succeeded(sales.pay(buyer, order, key=key), 201)
    again = succeeded(sales.pay(buyer, order, key=key), 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    for name in ("Location", "ETag"):
        assert again.headers[name] == first.headers[name]
    refused(sales.pay(buyer, order, DECLINED, key), 422, "idempotency-key-reused")
    refused(sales.pay(buyer, order), 409, "order-state")
    assert sandbox.charges(first.json()["id"]) == 1
    assert sales.now(order)["captured"] == order["total"]


def test_a_repeated_declined_payment_is_declined_again(sales: Sales, buyer: Client) -> None:
    order, key = sales.order(buyer), formats.word()
    first = succeeded(sales.pay(buyer, order, DECLINED, key), 201)
    sales.payment(buyer, order)
    assert succeeded(sales.pay(buyer, order, DECLINED, key), 201).content == first.content


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_cannot_be_believed_stays_pending(
    sales: Sales, buyer: Client, sandbox: Sandbox, kind: str
) -> None:
    order, key = sales.order(buyer), formats.word()
    before = sales.seen(order)
    with sandbox.mute(), sandbox.misbehaving("createPayment", kind):
        answer = succeeded(sales.pay(buyer, order, key=key), 202)
        payment = answer.json()
        assert (payment["status"], payment["failure_code"]) == ("pending", None)
        assert payment["amount"] == order["total"]
        assert location(answer) == f"/payments/{payment['id']}"
        assert answer.headers["ETag"] == buyer.etag(location(answer))
        refused(sales.pay(buyer, order), 409, "payment-in-progress")
        refused(sales.cancel(buyer, order), 409, "payment-in-progress")
        again = succeeded(sales.pay(buyer, order, key=key), 202)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (answer.content, "true")
    assert sales.seen(order) == before
    assert payment_now(sales, payment) == payment
    assert sandbox.charges(payment["id"]) <= 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_provider_in_trouble_is_asked_again(
    sales: Sales, buyer: Client, sandbox: Sandbox, status: int
) -> None:
    order = sales.order(buyer)
    with sandbox.misbehaving("createPayment", "status", status=status, times=2):
        payment = sales.payment(buyer, order)
    assert payment["status"] == "captured"
    assert sandbox.charges(payment["id"]) == 1


@pytest.mark.parametrize("status", [408, 409])
def test_a_provider_s_timeout_or_conflict_is_not_a_refusal(
    sales: Sales, buyer: Client, sandbox: Sandbox, status: int
) -> None:
    """runtime.md, The payment provider: it may be charging at this moment."""
    order = sales.order(buyer)
    with sandbox.misbehaving("createPayment", "status", status=status, times=None):
        payment = succeeded(sales.pay(buyer, order), 202).json()
    assert (payment["status"], payment["failure_code"]) == ("pending", None)
    refused(sales.pay(buyer, order), 409, "payment-in-progress")
    assert payment_now(sales, payment) == payment


def test_a_provider_in_lasting_trouble_is_asked_three_times(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    order = sales.order(buyer)
    with sandbox.misbehaving("createPayment", "status", status=500, times=3):
        payment = succeeded(sales.pay(buyer, order), 202).json()
    assert sandbox.payment(payment["id"]) is None
    assert sales.now(order) == order


def test_an_event_brings_the_outcome(sales: Sales, buyer: Client, sandbox: Sandbox) -> None:
    order, key = sales.order(buyer), formats.word()
    with (
        sandbox.misbehaving("deliverEvent", "delay", seconds=3),
        sandbox.misbehaving("createPayment", "drop_after"),
    ):
        payment = succeeded(sales.pay(buyer, order, key=key), 202).json()
    assert eventually(lambda: sales.now(order)["state"] == "paid")
    settled = payment_now(sales, payment)
    assert settled["status"] == "captured"
    assert settled["updated_at"] > payment["updated_at"]
    assert sandbox.charges(payment["id"]) == 1
    again = succeeded(sales.pay(buyer, order, key=key))
    assert again.json()["id"] == payment["id"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_lost_event_may_come_later(sales: Sales, buyer: Client, sandbox: Sandbox) -> None:
    order = sales.order(buyer)
    payment = pending(sales, buyer, sandbox, order, "drop_after")
    assert sales.now(order)["state"] == "awaiting_payment"
    (event,) = sandbox.events(payment["id"])
    for _ in range(2):
        sandbox.deliver(event)
        assert sales.now(order)["state"] == "paid"
    assert payment_now(sales, payment)["status"] == "captured"
    succeeded(sales.ship(order), 200)


def test_an_event_of_a_declined_payment_lets_the_customer_pay_again(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    order = sales.order(buyer)
    with sandbox.mute(), sandbox.misbehaving("createPayment", "drop_after"):
        payment = succeeded(sales.pay(buyer, order, DECLINED), 202).json()
    (event,) = sandbox.events(payment["id"])
    sandbox.deliver(event)
    failed = payment_now(sales, payment)
    assert (failed["status"], failed["failure_code"]) == ("failed", "card_declined")
    assert sales.now(order) == order
    assert sales.payment(buyer, order)["status"] == "captured"


@pytest.mark.slow
@pytest.mark.usefixtures("our_target")
def test_a_slow_provider_holds_nothing_up(
    sales: Sales, buyer: Client, sandbox: Sandbox, customer: Person
) -> None:
    order = sales.order(buyer)
    with sandbox.mute(), sandbox.misbehaving("createPayment", "delay", seconds=8):
        payment = succeeded(sales.pay(buyer, order), 202).json()
    assert payment["status"] == "pending"
    assert sales.payment(customer.client, sales.order(customer.client))["status"] == "captured"


def test_somebody_else_s_payment_is_not_there(
    sales: Sales, buyer: Client, customer: Person, admin: Client
) -> None:
    order = sales.order(buyer)
    for somebody in (customer.client, sales.staff, admin):
        refused(sales.pay(somebody, order), 404, "not-found")
    payment = sales.payment(buyer, order)
    refused(customer.client.get(f"/payments/{payment['id']}"), 404, "not-found")
    for somebody in (buyer, sales.staff, admin):
        assert succeeded(somebody.get(f"/payments/{payment['id']}")).json() == payment


WRONG: list[tuple[Json, dict[str, str]]] = [
    ({"payment_method": "card_visa"}, {"/payment_method": "format"}),
    ({"payment_method": "pm_"}, {"/payment_method": "length"}),
    ({"payment_method": "pm_Visa"}, {"/payment_method": "format"}),
    ({"payment_method": "pm_visa\n"}, {"/payment_method": "format"}),
    ({"payment_method": "pm_" + "x" * 61}, {"/payment_method": "length"}),
    ({"payment_method": None}, {"/payment_method": "type"}),
    ({"payment_method": VISA, "amount": 1}, {"/amount": "unexpected"}),
]


@pytest.mark.parametrize(("body", "errors"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_payment_is_named(
    sales: Sales, buyer: Client, body: Json, errors: dict[str, str]
) -> None:
    order = sales.order(buyer)
    invalid(buyer.post(f"{path_of(order)}/payments", body, headers=once()), errors)
    assert sales.now(order) == order
    assert sales.payment(buyer, order)["status"] == "captured"
