"""`expire-orders`: safe twice, at once, and beside a live server.

Each test leaves nothing due and nothing pending.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import formats, options
from harness.branch import Branch
from harness.client import patiently, refused, succeeded
from harness.commands import (
    NOTHING,
    expire,
    overdue,
    payment_now,
    pending,
    reconcile,
)
from harness.processes import eventually
from harness.sales import REFUND_FAILS, VISA
from harness.shop import price

pytestmark = pytest.mark.slow
MANY = 120 if options.chosen().is_thorough else 40
"""Orders; in the deep profile more than a command is likely to take at a time."""


def test_orders_expire_when_their_time_is_up(branch: Branch) -> None:
    sales, book = branch.sales, branch.sales.book(10)
    due, fresh = (sales.order(branch.buyer, (book, 2)) for _ in range(2))
    paid = sales.paid(branch.buyer, (book, 1))
    overdue(branch, due)
    assert sales.now(due)["state"] == "awaiting_payment"
    before = sales.seen(fresh)[0][0], sales.seen(paid)[0][0]
    assert expire(branch) == 1
    expired = sales.now(due)
    assert (expired["state"], expired["cancellation_reason"]) == ("cancelled", "expired")
    assert expired["expires_at"] is None
    assert formats.at_once(expired["cancelled_at"], expired["updated_at"])
    assert expired["updated_at"] > due["updated_at"]
    assert sales.stock(book) == (10, 3)
    assert (sales.seen(fresh)[0][0], sales.seen(paid)[0][0]) == before
    refused(sales.pay(branch.buyer, due), 409, "order-state")
    assert expire(branch) == 0
    assert sales.stock(book) == (10, 3)


def test_many_expire_at_once_and_each_once(branch: Branch) -> None:
    sales, book = branch.sales, branch.sales.book(500)
    orders = [overdue(branch, sales.order(branch.buyer, (book, 3))) for _ in range(MANY)]
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: expire(branch), range(2))) == MANY
    assert {sales.now(order)["state"] for order in orders} == {"cancelled"}
    assert sales.stock(book) == (500, 0)


def test_who_pays_at_the_last_moment_pays_or_gets_it_back(branch: Branch) -> None:
    sales, book = branch.sales, branch.sales.book(100)
    orders = [overdue(branch, sales.order(branch.buyer, (book, 1))) for _ in range(12)]
    with ThreadPoolExecutor(5) as pool:
        expiry = pool.submit(expire, branch)
        answers = list(
            pool.map(lambda each: patiently(lambda: sales.pay(branch.buyer, each)), orders)
        )
        expiry.result()
    reconcile(branch)
    states = [sales.now(order) for order in orders]
    for order, answer in zip(states, answers, strict=True):
        net = order["captured"]["amount"] - order["refunded"]["amount"]
        assert net == (order["total"]["amount"] if order["state"] == "paid" else 0)
        if answer.status_code == 201:
            moved = branch.sandbox.moved(answer.json()["id"])
            assert moved == (order["captured"]["amount"], order["refunded"]["amount"])
        else:
            refused(answer, 409, "order-state")
            assert order["state"] == "cancelled"
    assert sales.stock(book) == (100, sum(order["state"] == "paid" for order in states))


def test_an_order_expires_though_its_payment_is_pending(branch: Branch) -> None:
    sales, book = branch.sales, branch.sales.book(5, price=price(1000))
    captured, unknown = (sales.order(branch.buyer, (book, 1)) for _ in range(2))
    first = pending(branch, captured, "drop_after")
    second = pending(branch, unknown, "drop_before")
    overdue(branch, captured), overdue(branch, unknown)
    assert expire(branch) == 2
    assert sales.stock(book) == (5, 0)
    assert reconcile(branch) == (
        {"captured": 1, "failed": 1, "pending": 0},
        {"succeeded": 1, "failed": 0, "pending": 0},  # one that it opened itself
    )
    order = sales.now(captured)
    assert (order["state"], order["captured"], order["refunded"]) == (
        "cancelled",
        price(1000),
        price(1000),
    )
    assert branch.sandbox.moved(first["id"]) == (1000, 1000)
    failed = payment_now(branch, second)
    assert (failed["status"], failed["failure_code"]) == ("failed", "not_processed")
    assert branch.sandbox.payment(second["id"]) is None
    assert sales.stock(book) == (5, 0)


def test_a_late_event_of_an_expired_order_gives_the_money_back(branch: Branch) -> None:
    sales = branch.sales
    order = sales.order(branch.buyer, (sales.book(price=price(1000)), 1))
    payment = pending(branch, order, "drop_after")
    overdue(branch, order)
    assert expire(branch) == 1
    (event,) = branch.sandbox.events(payment["id"])
    branch.sandbox.deliver(event)
    branch.sandbox.deliver(event)
    now = sales.now(order)
    assert (now["captured"], now["refunded"], now["paid_at"]) == (price(1000), price(1000), None)
    assert branch.sandbox.moved(payment["id"]) == (1000, 1000)
    assert reconcile(branch) == NOTHING


@pytest.mark.parametrize(("method", "refunded"), [(VISA, 1000), (REFUND_FAILS, 0)])
def test_a_payment_that_succeeds_after_its_order_expired_goes_back(
    branch: Branch, method: str, refunded: int
) -> None:
    """The answer to createPayment itself comes late: it opens a refund, sends and settles it."""
    sales, sandbox = branch.sales, branch.sandbox
    order = sales.order(branch.buyer, (sales.book(price=price(1000)), 1))
    with sandbox.mute(), ThreadPoolExecutor(1) as pool:
        with sandbox.misbehaving("createPayment", "hold"):
            call = pool.submit(sales.pay, branch.buyer, order, method)
            assert eventually(sandbox.holds)
            overdue(branch, order)
            assert expire(branch) == 1
        payment = succeeded(call.result(), 201).json()
    now = sales.now(order)
    assert (now["state"], now["paid_at"]) == ("cancelled", None)
    assert (now["captured"], now["refunded"]) == (price(1000), price(refunded))
    assert sandbox.moved(payment["id"]) == (1000, refunded)
