"""Orders and their money: nothing is sold, charged, given back or released twice."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest

from harness import formats, rows
from harness.branch import Branch
from harness.client import Client, refused, succeeded
from harness.events import CAPTURED, FAILED, Events
from harness.shop import price
from harness.webhooks import SECRETS, headers
from test_concurrency.crowd import (
    Call,
    all_refused,
    at_once,
    one_of,
    patient,
    statuses,
    successes,
)

pytestmark = pytest.mark.slow
COPIES = 10
PAST = datetime.now(UTC) - timedelta(hours=1)


def test_many_buyers_get_the_ten_copies_there_are(crowd: Branch, buyers: list[Client]) -> None:
    sales = crowd.sales
    book, plenty = sales.book(COPIES), sales.book(1000)
    for buyer in buyers:
        sales.fill(buyer, (plenty, 2), (book, 1))
    answers = at_once([partial(sales.place, buyer) for buyer in buyers])
    assert statuses(answers) == {201: COPIES, 409: len(buyers) - COPIES}
    for answer in answers:
        if answer.status_code == 409:
            (item,) = refused(answer, 409, "insufficient-stock")["items"]
            assert item == {"book_id": book["id"], "requested": 1, "available": 0}
    assert sales.stock(book) == (COPIES, COPIES)
    assert sales.stock(plenty) == (1000, 2 * COPIES)
    for buyer in buyers:
        succeeded(buyer.delete("/cart"), 204)


def test_a_cart_becomes_one_order(crowd: Branch, buyers: list[Client]) -> None:
    sales, book, buyer = crowd.sales, crowd.sales.book(50), buyers[0]
    sales.fill(buyer, (book, 2))
    answers = at_once([patient(sales.place, buyer) for _ in range(12)])
    placed = one_of(answers, "cart-empty").json()
    assert sales.stock(book) == (50, 2)
    assert sales.now(placed) == placed
    assert succeeded(buyer.get("/cart")).json()["items"] == []


def test_an_order_is_cancelled_once(crowd: Branch, buyers: list[Client]) -> None:
    sales, book, buyer = crowd.sales, crowd.sales.book(50), buyers[0]
    kept = sales.order(buyer, (book, 5))
    order = sales.order(buyer, (book, 3))
    callers = [buyer, sales.staff] * 4
    calls = [patient(sales.cancel, caller, order) for caller in callers]
    answers = at_once(calls)
    assert statuses(answers) == {200: 1, 409: 7}
    all_refused(answers, "order-state")
    assert sales.stock(book) == (50, 5)
    assert sales.now(kept) == kept


def test_a_paid_order_is_given_back_once(crowd: Branch, buyers: list[Client]) -> None:
    sales, book, buyer = crowd.sales, crowd.sales.book(50, price=price(1000)), buyers[0]
    order = sales.order(buyer, (book, 3))
    payment = sales.payment(buyer, order)
    calls: list[Call] = [patient(sales.cancel, buyer, order)] * 4
    calls += [patient(sales.refund, order, 3000)] * 4
    answers = at_once(calls)
    for answer in answers[:4]:
        assert answer.status_code in {200, 409}
    assert sum(answer.status_code == 201 for answer in answers[4:]) <= 1
    now = sales.now(order)
    assert (now["captured"], now["refunded"]) == (price(3000), price(3000))
    assert crowd.sandbox.moved(payment["id"]) == (3000, 3000)
    assert sales.stock(book) == (50, 0 if now["state"] == "cancelled" else 3)


def test_no_more_is_given_back_than_was_captured(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer = crowd.sales, buyers[0]
    order = sales.order(buyer, (sales.book(price=price(1000)), 1))
    payment = sales.payment(buyer, order)
    answers = at_once([patient(sales.refund, order, 400)] * 8)
    assert statuses(answers) == {201: 2, 409: 6}
    all_refused(answers, "refund-exceeds-captured")
    assert sales.now(order)["refunded"] == price(800)
    assert crowd.sandbox.moved(payment["id"]) == (1000, 800)


def test_an_order_is_paid_once(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer = crowd.sales, buyers[0]
    order = sales.order(buyer)
    answers = at_once([patient(sales.pay, buyer, order)] * 8)
    assert statuses(answers) == {201: 1, 409: 7}
    all_refused(answers, "payment-in-progress", "order-state")
    assert sales.now(order)["captured"] == order["total"]
    charged = [entry for entry in crowd.sandbox.ledger() if entry["kind"] == "capture"]
    paid = {answer.json()["id"] for answer in answers if answer.is_success}
    assert sum(entry["payment_reference"] in paid for entry in charged) == 1


def test_a_payment_sent_twenty_times_is_one_charge(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer, key = crowd.sales, buyers[0], formats.word()
    order = sales.order(buyer)
    answers = at_once([patient(sales.pay, buyer, order, key=key)] * 20)
    assert set(statuses(answers)) <= {201, 202, 409}
    all_refused(answers, "idempotency-key-in-flight")
    (payment_id,) = {answer.json()["id"] for answer in answers if answer.is_success}
    assert crowd.sandbox.charges(payment_id) == 1
    final = succeeded(sales.pay(buyer, order, key=key), 201)
    assert (final.json()["id"], final.json()["status"]) == (payment_id, "captured")


def test_paying_while_cancelling_ends_in_one_of_both(crowd: Branch, buyers: list[Client]) -> None:
    sales, book = crowd.sales, crowd.sales.book(100, price=price(500))
    for buyer in buyers[:5]:
        order = sales.order(buyer, (book, 1))
        calls: list[Call] = [
            patient(sales.pay, buyer, order),
            patient(sales.cancel, buyer, order),
        ]
        paid, cancelled = at_once(calls)
        all_refused([paid, cancelled], "order-state", "payment-in-progress")
        now = sales.now(order)
        net = now["captured"]["amount"] - now["refunded"]["amount"]
        assert net == (500 if now["state"] == "paid" else 0)
        assert now["state"] == ("cancelled" if cancelled.is_success else "paid")
        if paid.is_success:
            captured, refunded = crowd.sandbox.moved(paid.json()["id"])
            assert captured - refunded == net


def test_an_order_is_shipped_or_cancelled(crowd: Branch, buyers: list[Client]) -> None:
    sales, book = crowd.sales, crowd.sales.book(100)
    shipped = 0
    for buyer in buyers[:5]:
        order = sales.paid(buyer, (book, 2))
        calls: list[Call] = [patient(sales.ship, order), patient(sales.cancel, buyer, order)]
        one_of(at_once(calls), "order-state")
        shipped += sales.now(order)["state"] == "shipped"
    assert sales.stock(book) == (100 - 2 * shipped, 0)


def test_paying_shipping_and_cancelling_at_once(crowd: Branch, buyers: list[Client]) -> None:
    sales, book, shipped, kept = crowd.sales, crowd.sales.book(100), 0, 0
    for buyer in buyers[:5]:
        order = sales.order(buyer, (book, 1))
        calls: list[Call] = [patient(sales.pay, buyer, order)]
        calls += [patient(sales.ship, order)] * 2
        calls += [patient(sales.cancel, buyer, order)]
        paid, *ships, cancelled = at_once(calls)
        all_refused([paid, *ships, cancelled], "order-state", "payment-in-progress")
        now = sales.now(order)
        ended = len(successes(ships)) + cancelled.is_success
        assert ended <= 1
        state = "shipped" if successes(ships) else "cancelled" if cancelled.is_success else "paid"
        assert now["state"] == state
        captured, refunded = now["captured"], now["refunded"]
        assert captured == (order["total"] if paid.is_success else price(0))
        assert refunded == (captured if state == "cancelled" else price(0))
        shipped, kept = shipped + (state == "shipped"), kept + (state == "paid")
    assert sales.stock(book) == (100 - shipped, kept)


def test_an_order_is_delivered_once(crowd: Branch, buyers: list[Client]) -> None:
    sales = crowd.sales
    order = sales.shipped(buyers[0])
    delivered = one_of(at_once([patient(sales.deliver, order)] * 8), "order-state").json()
    assert sales.now(order) == delivered


def test_events_of_one_payment_in_a_crowd_settle_it_once(
    crowd: Branch, buyers: list[Client]
) -> None:
    sales, sandbox, buyer = crowd.sales, crowd.sandbox, buyers[0]
    book = sales.book(50)
    order = sales.order(buyer, (book, 1))
    with sandbox.mute(), sandbox.misbehaving("createPayment", "malformed"):
        payment = succeeded(sales.pay(buyer, order), 202).json()
    events, word = Events(crowd.anyone, SECRETS[0]), formats.word()
    its_id = sandbox.payment(payment["id"])["id"]
    tales = [((CAPTURED, FAILED)[n % 2], f"{word}-{n % 4}") for n in range(12)]

    def told(tale: tuple[str, str]) -> httpx.Response:
        kind, event_id = tale
        content = events.event(kind, payment, id=its_id)
        return events.send(content, **headers(content, SECRETS[0], event_id=event_id))

    answers = at_once([patient(told, tale) for tale in tales])
    assert statuses(answers) == {204: len(tales)}
    now = sales.now(order)
    assert (now["state"], now["captured"]) == ("paid", order["total"])
    assert sales.stock(book) == (50, 1)


def test_expiry_beside_payments_releases_or_sells(four: Branch, accounts: list[Client]) -> None:
    sales, book, server = four.sales, four.sales.book(100), four.server
    buyers = [four.anyone.bearing(account.token) for account in accounts]
    orders = [sales.order(buyer, (book, 1)) for buyer in [*buyers, *buyers]]
    for order in orders:
        rows.set_moment(server.database_url, "orders", "expires_at", order, PAST)
    with ThreadPoolExecutor(4) as pool:
        expiries = [pool.submit(server.run, "expire-orders") for _ in range(2)]
        waiting, paid = zip([*buyers, *buyers], orders, strict=True), []
        # Payments go on for as long as the commands do, two at a time.
        while not all(each.done() for each in expiries) and (pair := next(waiting, None)):
            paid.append(pool.submit(patient(sales.pay, *pair)))
            wait(paid[-3:-2])
        answers = [each.result() for each in paid]
        expired = [int(each.result().partition("=")[2]) for each in expiries]
    all_refused(answers, "order-state", "payment-in-progress")
    server.run("reconcile-payments", "--older-than", "0")
    now = [sales.now(order) for order in orders]
    kept = [order for order in now if order["state"] == "paid"]
    assert {order["state"] for order in now} <= {"paid", "cancelled"}
    assert sum(expired) >= len(now) - len(kept)
    for order in now:
        net = order["captured"]["amount"] - order["refunded"]["amount"]
        assert net == (order["total"]["amount"] if order in kept else 0)
    assert sales.stock(book) == (100, len(kept))
