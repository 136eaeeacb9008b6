"""`expire-orders` and `reconcile-payments`: safe twice, at once, and beside a live server.

Each test leaves nothing due and nothing pending.
"""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from harness import formats, options, rows
from harness.branch import Branch, open_branch
from harness.client import patiently, refused, succeeded
from harness.contract import Json
from harness.sales import DECLINED, REFUND_FAILS, VISA
from harness.shop import price
from harness.target import Ground

pytestmark = pytest.mark.slow
PAST = timedelta(seconds=5)
MANY = 120 if options.chosen().is_thorough else 40
"""Orders; in the deep profile more than a command is likely to take at a time."""
LOST = ("drop_before", "drop_after")
"""What the provider did not get, and what the shop did not get back."""


@pytest.fixture(scope="module")
def branch(ground: Ground) -> Iterator[Branch]:
    with open_branch(ground, "commands", PAYMENT_TIMEOUT_SECONDS="2") as branch:
        yield branch


def expire(branch: Branch) -> int:
    """How many orders the command expired."""
    told = branch.server.run("expire-orders")
    found = re.fullmatch(r"expired=(\d+)\n", told)
    assert found, told
    return int(found[1])


def reconcile(branch: Branch, *arguments: str) -> tuple[dict[str, int], dict[str, int]]:
    """What the command settled: payments, and refunds."""
    told = branch.server.run("reconcile-payments", *(arguments or ("--older-than", "0")))
    assert re.fullmatch(
        r"payments: captured=\d+ failed=\d+ pending=\d+\n"
        r"refunds: succeeded=\d+ failed=\d+ pending=\d+\n",
        told,
    ), told
    payments, refunds = (
        {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}
        for line in told.splitlines()
    )
    return payments, refunds


NOTHING = ({"captured": 0, "failed": 0, "pending": 0}, {"succeeded": 0, "failed": 0, "pending": 0})


def overdue(branch: Branch, order: Json) -> Json:
    """An order whose time is up."""
    url = branch.server.database_url
    rows.set_moment(url, "orders", "expires_at", order, datetime.now(UTC) - PAST)
    return order


def pending(branch: Branch, order: Json, kind: str, method: str = VISA) -> Json:
    """A payment whose outcome the shop does not know."""
    with branch.sandbox.mute(), branch.sandbox.misbehaving("createPayment", kind):
        return succeeded(branch.sales.pay(branch.buyer, order, method), 202).json()


def pending_refund(branch: Branch, order: Json, amount: int, kind: str) -> Json:
    """A refund whose outcome the shop does not know."""
    with branch.sandbox.mute(), branch.sandbox.misbehaving("createRefund", kind):
        return succeeded(branch.sales.refund(order, amount), 202).json()


def payment_now(branch: Branch, payment: Json) -> Json:
    return succeeded(branch.admin.get(f"/payments/{payment['id']}")).json()


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


def test_what_is_pending_is_settled_once(branch: Branch) -> None:
    sales, book = branch.sales, branch.sales.book(price=price(1000))
    paying, refunding = list[tuple[Json, Json]](), list[tuple[Json, Json]]()
    for kind in LOST:
        for method in (VISA, DECLINED):
            order = sales.order(branch.buyer)
            paying.append((order, pending(branch, order, kind, method)))
        for method in (VISA, REFUND_FAILS):
            order = sales.order(branch.buyer, (book, 1))
            refunding.append((order, sales.payment(branch.buyer, order, method)))
            pending_refund(branch, order, 400, kind)
    payments = {"captured": 2, "failed": 2, "pending": 0}
    refunds = {"succeeded": 2, "failed": 2, "pending": 0}
    assert reconcile(branch) == (payments, refunds)
    for (order, payment), good in zip(paying, [True, False] * 2, strict=True):
        seen = payment_now(branch, payment)
        told = ("captured", None) if good else ("failed", "card_declined")
        assert (seen["status"], seen["failure_code"]) == told
        assert sales.now(order)["state"] == "paid" if good else sales.now(order) == order
        assert branch.sandbox.moved(payment["id"]) == (order["total"]["amount"] * good, 0)
    for (order, payment), back in zip(refunding, [400, 0] * 2, strict=True):
        refunded = sales.now(order)["refunded"], payment_now(branch, payment)["refunded"]
        assert refunded == (price(back), price(back))
        assert branch.sandbox.moved(payment["id"]) == (1000, back)
    assert reconcile(branch) == NOTHING
    charges = [branch.sandbox.charges(payment["id"]) for _, payment in paying]
    assert charges == [1, 0] * 2
    assert [branch.sandbox.moved(payment["id"])[1] for _, payment in refunding] == [400, 0] * 2


def test_what_is_young_is_left_alone(branch: Branch) -> None:
    young, old = (pending(branch, branch.sales.order(branch.buyer), "drop_after") for _ in "yo")
    url = branch.server.database_url
    rows.set_moment(url, "payments", "created_at", old, datetime.now(UTC) - 20 * PAST)
    assert reconcile(branch, "--older-than", "3600") == NOTHING
    assert payment_now(branch, old)["status"] == "pending"
    assert "captured=1" in branch.server.run("reconcile-payments")
    assert payment_now(branch, old)["status"] == "captured"
    assert payment_now(branch, young) == young
    (event,) = branch.sandbox.events(young["id"])
    branch.sandbox.deliver(event)
    assert payment_now(branch, young)["status"] == "captured"


def test_reconciling_at_the_same_time_charges_once(branch: Branch) -> None:
    sales = branch.sales
    orders = [sales.order(branch.buyer) for _ in range(6)]
    kinds = ["drop_before", "drop_after"] * 3
    payments = [pending(branch, *pair) for pair in zip(orders, kinds, strict=True)]
    refunded = sales.paid(branch.buyer, (sales.book(price=price(1000)), 1))
    pending_refund(branch, refunded, 700, "drop_before")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: reconcile(branch), range(2)))
    for order, payment in zip(orders, payments, strict=True):
        assert sales.now(order)["state"] == "paid"
        assert branch.sandbox.charges(payment["id"]) == 1
    assert sales.now(refunded)["refunded"] == price(700)
    assert reconcile(branch) == NOTHING


def test_a_provider_that_is_not_believed_settles_nothing(branch: Branch) -> None:
    sales, payments = branch.sales, list[tuple[Json, Json]]()
    with ExitStack() as faults:
        for kind in ("malformed", "oversized", "wrong_amount", "wrong_currency"):
            order, refunded = sales.order(branch.buyer), sales.paid(branch.buyer)
            payment = pending(branch, order, "drop_after")
            refund = pending_refund(branch, refunded, 1, "drop_after")
            payments.append((order, payment))
            for thing in (payment, refund):
                fault = branch.sandbox.misbehaving("*", kind, reference=thing["id"])
                faults.enter_context(fault)
        assert reconcile(branch) == (
            {"captured": 0, "failed": 0, "pending": 4},
            {"succeeded": 0, "failed": 0, "pending": 4},
        )
        for order, payment in payments:
            assert payment_now(branch, payment) == payment
            assert sales.now(order) == order
    captured, succeeded_refunds = reconcile(branch)
    assert (captured["captured"], succeeded_refunds["succeeded"]) == (4, 4)
    assert [branch.sandbox.charges(payment["id"]) for _, payment in payments] == [1] * 4


def test_a_provider_that_cannot_be_reached_is_a_failure(branch: Branch) -> None:
    order = branch.sales.order(branch.buyer)
    payment = pending(branch, order, "drop_after")
    branch.server.sandbox.stop()
    try:
        done = _run(branch, "reconcile-payments", "--older-than", "0")
        assert done.returncode != 0
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("bookstore: ")
        assert payment_now(branch, payment) == payment
        answer = succeeded(branch.sales.pay(branch.buyer, branch.sales.order(branch.buyer)), 202)
        assert answer.json()["status"] == "pending"
    finally:
        branch.server.sandbox.start()
    assert reconcile(branch)[0] == {"captured": 2, "failed": 0, "pending": 0}
    assert branch.sandbox.charges(payment["id"]) == 1
    assert branch.sandbox.charges(answer.json()["id"]) == 1


def _run(branch: Branch, *arguments: str) -> subprocess.CompletedProcess[str]:
    server = branch.server
    return server.implementation.run(*arguments, environment=server.environment)


@pytest.mark.parametrize("seconds", ["-1", "soon", "1.5"])
def test_a_wrong_age_is_told(branch: Branch, seconds: str) -> None:
    assert _run(branch, "reconcile-payments", f"--older-than={seconds}").returncode != 0
