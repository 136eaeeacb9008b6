"""Refunds: never more than was captured, and what the provider refuses is not given back."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness import formats
from harness.client import Client, patiently, refused, succeeded
from harness.contract import Json
from harness.processes import eventually
from harness.sales import REFUND_FAILS, Sales, once, path_of
from harness.sandbox import Sandbox
from harness.shop import price


@pytest.fixture(scope="module")
def buyer(reader: Client) -> Client:
    """Whoever gets money back here; each order is of a new book."""
    return reader


Paid = tuple[Json, Json]
"""An order of 1000, paid, and its payment."""


@pytest.fixture
def paid(sales: Sales, buyer: Client) -> Paid:
    order = sales.order(buyer, (sales.book(price=price(1000)), 1))
    payment = sales.payment(buyer, order)
    return sales.now(order), payment


def amounts(sales: Sales, paid: Paid) -> tuple[int, int, int]:
    """What was captured and given back by the order, and given back by the payment."""
    order = sales.now(paid[0])
    payment = succeeded(sales.staff.get(f"/payments/{paid[1]['id']}")).json()
    captured, refunded = order["captured"]["amount"], order["refunded"]["amount"]
    return captured, refunded, payment["refunded"]["amount"]


def test_a_refund_says_what_went_back(sales: Sales, paid: Paid, sandbox: Sandbox) -> None:
    order, payment = paid
    answer = succeeded(sales.refund(order, 400, reason="One copy\narrived damaged."), 201)
    refund = answer.json()
    assert (refund["order_id"], refund["payment_id"]) == (order["id"], payment["id"])
    assert (refund["status"], refund["amount"]) == ("succeeded", price(400))
    assert refund["updated_at"] > refund["created_at"]
    assert refund["reason"] == "One copy\narrived damaged."
    assert not {"Location", "ETag"} & set(answer.headers)
    assert amounts(sales, paid) == (1000, 400, 400)
    assert sales.now(order)["state"] == "paid"
    assert sandbox.moved(payment["id"]) == (1000, 400)
    seen = sandbox.refund(refund["id"])
    assert (seen["status"], seen["amount"]) == ("succeeded", 400)


def test_a_refund_renews_order_and_payment(sales: Sales, paid: Paid) -> None:
    paths = [path_of(paid[0]), f"/payments/{paid[1]['id']}"]
    tags = [sales.staff.etag(path) for path in paths]
    succeeded(sales.refund(paid[0], 1), 201)
    assert all(sales.staff.etag(path) != tag for path, tag in zip(paths, tags, strict=True))


def test_parts_add_up_to_what_was_captured(sales: Sales, paid: Paid, sandbox: Sandbox) -> None:
    order, payment = paid
    for amount, total in ((300, 300), (699, 999), (1, 1000)):
        assert succeeded(sales.refund(order, amount), 201).json()["reason"] is None
        assert amounts(sales, paid) == (1000, total, total)
    refused(sales.refund(order, 1), 409, "refund-exceeds-captured")
    assert sandbox.moved(payment["id"]) == (1000, 1000)


@pytest.mark.parametrize("before", [0, 600])
def test_more_than_is_left_does_not_go_back(
    sales: Sales, paid: Paid, sandbox: Sandbox, before: int
) -> None:
    order, payment = paid
    if before:
        succeeded(sales.refund(order, before), 201)
    seen = sales.seen(order)
    refused(sales.refund(order, 1001 - before), 409, "refund-exceeds-captured")
    refused(sales.refund(order, 999_999_999_999_999), 409, "refund-exceeds-captured")
    assert sales.seen(order) == seen
    assert amounts(sales, paid) == (1000, before, before)
    assert sandbox.moved(payment["id"]) == (1000, before)


def test_a_repeated_refund_goes_back_once(sales: Sales, paid: Paid, sandbox: Sandbox) -> None:
    order, key = paid[0], formats.word()
    first = succeeded(sales.refund(order, 100, key), 201)
    again = succeeded(sales.refund(order, 100, key), 201)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    refused(sales.refund(order, 101, key), 422, "idempotency-key-reused")
    assert amounts(sales, paid) == (1000, 100, 100)
    assert sandbox.moved(paid[1]["id"]) == (1000, 100)


def test_of_refunds_at_once_no_more_go_back_than_was_captured(
    sales: Sales, paid: Paid, sandbox: Sandbox
) -> None:
    with ThreadPoolExecutor(6) as pool:
        ask = partial(patiently, partial(sales.refund, paid[0], 300))
        answers = list(pool.map(lambda _: ask(), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "refund-exceeds-captured")
    assert amounts(sales, paid) == (1000, 900, 900)
    assert sandbox.moved(paid[1]["id"]) == (1000, 900)


def test_a_refund_that_the_provider_refuses_gives_nothing_back(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    order = sales.order(buyer, (sales.book(price=price(1000)), 1))
    payment = sales.payment(buyer, order, REFUND_FAILS)
    for _ in range(2):
        assert succeeded(sales.refund(order, 700), 201).json()["status"] == "failed"
        assert amounts(sales, (order, payment)) == (1000, 0, 0)
    assert sandbox.moved(payment["id"]) == (1000, 0)


def test_an_order_is_cancelled_even_if_its_refund_is_refused(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    book = sales.book(3)
    order = sales.order(buyer, (book, 1))
    payment = sales.payment(buyer, order, REFUND_FAILS)
    cancelled = succeeded(sales.cancel(buyer, order), 200).json()
    assert (cancelled["state"], cancelled["refunded"]) == ("cancelled", price(0))
    assert cancelled["captured"] == order["total"]
    assert sales.stock(book) == (3, 0)
    assert sandbox.moved(payment["id"]) == (order["total"]["amount"], 0)
    assert succeeded(sales.refund(order, 1), 201).json()["status"] == "failed"


def test_of_a_payment_on_its_way_nothing_goes_back(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    order = sales.order(buyer)
    with sandbox.mute(), sandbox.misbehaving("createPayment", "drop_after"):
        payment = succeeded(sales.pay(buyer, order), 202).json()
    refused(sales.refund(order, 1), 409, "order-state")
    assert sandbox.moved(payment["id"]) == (order["total"]["amount"], 0)


UNKNOWN = ["drop_before", "drop_after", "malformed", "oversized", "redirect"]
UNKNOWN += ["wrong_amount", "wrong_currency"]


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_refund_on_its_way_counts_as_given_back(
    sales: Sales, paid: Paid, sandbox: Sandbox, kind: str
) -> None:
    order, key = paid[0], formats.word()
    with sandbox.mute(), sandbox.misbehaving("createRefund", kind):
        answer = succeeded(sales.refund(order, 700, key), 202)
        assert answer.json()["status"] == "pending"
        again = succeeded(sales.refund(order, 700, key), 202)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (answer.content, "true")
    assert amounts(sales, paid) == (1000, 700, 700)
    refused(sales.refund(order, 301), 409, "refund-exceeds-captured")
    succeeded(sales.refund(order, 300), 201)
    assert sandbox.moved(paid[1]["id"])[1] in {300, 1000}


@pytest.mark.parametrize(("method", "given_back"), [("pm_card_visa", 700), (REFUND_FAILS, 0)])
def test_an_event_tells_what_became_of_a_refund(
    sales: Sales, buyer: Client, sandbox: Sandbox, method: str, given_back: int
) -> None:
    order = sales.order(buyer, (sales.book(price=price(1000)), 1))
    paid = order, sales.payment(buyer, order, method)
    with sandbox.mute(), sandbox.misbehaving("createRefund", "drop_after"):
        refund = succeeded(sales.refund(order, 700), 202).json()
    assert amounts(sales, paid) == (1000, 700, 700)
    (event,) = sandbox.events(refund["id"])
    for _ in range(2):
        sandbox.deliver(event)
        assert amounts(sales, paid) == (1000, given_back, given_back)


def test_a_cancellation_stands_while_its_refund_is_on_its_way(
    sales: Sales, buyer: Client, paid: Paid, sandbox: Sandbox
) -> None:
    key = formats.word()
    with sandbox.misbehaving("createRefund", "drop_after"):
        cancelled = succeeded(sales.cancel(buyer, paid[0], key), 200).json()
        assert (cancelled["state"], cancelled["refunded"]) == ("cancelled", price(1000))
    assert eventually(lambda: sandbox.moved(paid[1]["id"]) == (1000, 1000))
    again = succeeded(sales.cancel(buyer, paid[0], key), 200)
    assert again.json()["state"] == "cancelled"
    refused(sales.refund(paid[0], 1), 409, "refund-exceeds-captured")


def test_a_provider_in_trouble_is_asked_again(sales: Sales, paid: Paid, sandbox: Sandbox) -> None:
    with sandbox.misbehaving("createRefund", "status", status=503, times=2):
        assert succeeded(sales.refund(paid[0], 10), 201).json()["status"] == "succeeded"
    assert sandbox.moved(paid[1]["id"]) == (1000, 10)


@pytest.mark.parametrize("status", [408, 409])
def test_a_provider_s_timeout_or_conflict_is_not_a_refused_refund(
    sales: Sales, paid: Paid, sandbox: Sandbox, status: int
) -> None:
    """runtime.md, The payment provider: the money may be on its way."""
    with sandbox.misbehaving("createRefund", "status", status=status, times=None):
        assert succeeded(sales.refund(paid[0], 700), 202).json()["status"] == "pending"
    assert amounts(sales, paid) == (1000, 700, 700)
    refused(sales.refund(paid[0], 301), 409, "refund-exceeds-captured")


def money(amount: Json, currency: Json = "EUR") -> Json:
    return {"amount": {"amount": amount, "currency": currency}}


WRONG: list[tuple[Json, dict[str, str]]] = [
    ({"amount": 1}, {"/amount": "type"}),
    ({"amount": {}}, {"/amount/amount": "required", "/amount/currency": "required"}),
    (money(0), {"/amount/amount": "range"}),
    (money(-1), {"/amount/amount": "range"}),
    (money(10**15), {"/amount/amount": "range"}),
    (money(1.5), {"/amount/amount": "type"}),
    (money("1"), {"/amount/amount": "type"}),
    (money(True), {"/amount/amount": "type"}),  # noqa: FBT003 -- the boolean is the wrong amount
    (money(1, "USD"), {"/amount/currency": "choice"}),
    (money(1, None), {"/amount/currency": "type"}),
    ({**money(1), "reason": ""}, {"/reason": "length"}),
    ({**money(1), "reason": "x" * 501}, {"/reason": "length"}),
    ({**money(1), "reason": "a\tb"}, {"/reason": "format"}),
    (
        {**money(0, 1), "reason": 1, "why": 1},
        {
            "/amount/amount": "range",
            "/amount/currency": "type",
            "/reason": "type",
            "/why": "unexpected",
        },
    ),
]


@pytest.fixture(scope="module")
def untouched(sales: Sales, buyer: Client) -> Json:
    """A paid order that nothing is ever given back of."""
    return sales.paid(buyer)


@pytest.mark.parametrize(("body", "errors"), WRONG, ids=lambda value: str(value)[:50])
def test_a_wrong_refund_is_named(
    sales: Sales, untouched: Json, body: Json, errors: dict[str, str]
) -> None:
    answer = sales.staff.post(f"{path_of(untouched)}/refunds", body, headers=once())
    refused(answer, 422, "validation-failed", errors)
    assert sales.now(untouched) == untouched


def test_customers_give_nothing_back(sales: Sales, buyer: Client, untouched: Json) -> None:
    answer = buyer.post(f"{path_of(untouched)}/refunds", money(1), headers=once())
    refused(answer, 403, "forbidden")
    assert sales.now(untouched) == untouched
