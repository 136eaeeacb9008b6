"""`reconcile-payments`: what is pending is settled once, whoever runs it and whatever happens.

Each test leaves nothing pending.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from harness import rows
from harness.branch import Branch
from harness.client import succeeded
from harness.commands import NOTHING, PAST, payment_now, pending, pending_refund, reconcile
from harness.contract import Json
from harness.sales import DECLINED, REFUND_FAILS, VISA
from harness.shop import price
from harness.vanishing import vanishing_provider

pytestmark = pytest.mark.slow
LOST = ("drop_before", "drop_after")
"""What the provider did not get, and what the shop did not get back."""


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
    """`--older-than`, of payments and of refunds; 60 seconds unless it is given."""
    sales, sandbox, url = branch.sales, branch.sandbox, branch.server.database_url
    young, old = (pending(branch, sales.order(branch.buyer), "drop_after") for _ in "yo")
    young_refund, old_refund = (
        pending_refund(branch, sales.paid(branch.buyer), 1, "drop_after") for _ in "yo"
    )
    a_while_ago = datetime.now(UTC) - 20 * PAST
    rows.set_moment(url, "payments", "created_at", old, a_while_ago)
    rows.set_moment(url, "refunds", "created_at", old_refund, a_while_ago)
    assert reconcile(branch, older_than=3600) == NOTHING
    assert payment_now(branch, old)["status"] == "pending"
    payments, refunds = NOTHING
    default = reconcile(branch, older_than=None)
    assert default == ({**payments, "captured": 1}, {**refunds, "succeeded": 1})
    assert payment_now(branch, old)["status"] == "captured"
    assert payment_now(branch, young) == young
    for each in (young, young_refund):
        (event,) = sandbox.events(each["id"])
        sandbox.deliver(event)
    assert payment_now(branch, young)["status"] == "captured"


def test_what_was_settled_stays_when_the_provider_goes_away(branch: Branch) -> None:
    """Each payment and each refund is settled in a transaction of its own."""
    sales = branch.sales
    payments = [pending(branch, sales.order(branch.buyer), "drop_after") for _ in range(2)]
    refunds = [pending_refund(branch, sales.paid(branch.buyer), 1, "drop_after") for _ in range(2)]
    for calls, captured in ((1, 1), (len(payments), 2)):
        with vanishing_provider(branch.sandbox.url, calls) as url:
            done = _run(branch, "reconcile-payments", "--older-than", "0", PAYMENT_URL=url)
        assert done.returncode != 0
        statuses = [payment_now(branch, payment)["status"] for payment in payments]
        assert statuses.count("captured") == captured
    left = {**NOTHING[1], "succeeded": len(refunds) - 1}
    assert reconcile(branch) == (NOTHING[0], left)


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


def _run(branch: Branch, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command in the branch's environment, with other settings (without `BOOKSTORE_`)."""
    own = {f"BOOKSTORE_{name}": value for name, value in settings.items()}
    environment = {**branch.server.environment, **own}
    return branch.server.implementation.run(*arguments, environment=environment)


@pytest.mark.parametrize("seconds", ["-1", "soon", "1.5"])
def test_a_wrong_age_is_told(branch: Branch, seconds: str) -> None:
    assert _run(branch, "reconcile-payments", f"--older-than={seconds}").returncode != 0
