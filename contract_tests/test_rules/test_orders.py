"""An order's states: every move from every state, and that a refused one changes nothing."""

from collections.abc import Callable

import httpx
import pytest

from harness import formats
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.people import Person
from harness.sales import SHIPMENT, STATES, Sales, once, path_of
from harness.sandbox import Sandbox
from harness.shop import price

Move = Callable[[Sales, Client, Json], httpx.Response]
MOVES: dict[str, Move] = {
    "pay": lambda sales, owner, order: sales.pay(owner, order),
    "cancel": lambda sales, owner, order: sales.cancel(owner, order),
    "cancel as staff": lambda sales, _, order: sales.cancel(sales.staff, order),
    "ship": lambda sales, _, order: sales.ship(order),
    "deliver": lambda sales, _, order: sales.deliver(order),
    "refund": lambda sales, _, order: sales.refund(order, 1),
}
GOOD = {
    ("awaiting_payment", "pay"): "paid",
    ("awaiting_payment", "cancel"): "cancelled",
    ("awaiting_payment", "cancel as staff"): "cancelled",
    ("paid", "cancel"): "cancelled",
    ("paid", "cancel as staff"): "cancelled",
    ("paid", "ship"): "shipped",
    ("paid", "refund"): "paid",
    ("shipped", "deliver"): "delivered",
    ("shipped", "refund"): "shipped",
    ("delivered", "refund"): "delivered",
}
"""Where each good move leads; every other one is refused."""
EVERY = [(state, move) for state in STATES for move in MOVES]


@pytest.fixture(scope="module")
def buyer(reader: Client) -> Client:
    """Whoever buys here; each order is of a new book."""
    return reader


@pytest.mark.parametrize(("state", "move"), [pair for pair in EVERY if pair in GOOD])
def test_a_good_move_leads_on(sales: Sales, buyer: Client, state: str, move: str) -> None:
    order = sales.in_state(state, buyer)
    tag = sales.staff.etag(path_of(order))
    succeeded(MOVES[move](sales, buyer, order))
    assert sales.now(order)["state"] == GOOD[state, move]
    assert sales.staff.etag(path_of(order)) != tag


@pytest.mark.parametrize(("state", "move"), [pair for pair in EVERY if pair not in GOOD])
def test_every_other_move_is_refused_and_changes_nothing(
    sales: Sales, buyer: Client, state: str, move: str
) -> None:
    order = sales.in_state(state, buyer)
    before = sales.seen(order)
    refused(MOVES[move](sales, buyer, order), 409, "order-state")
    assert sales.seen(order) == before


def test_a_refused_move_keeps_no_key(sales: Sales, buyer: Client) -> None:
    order, key = sales.order(buyer), formats.word()
    refused(sales.ship(order, key), 409, "order-state")
    sales.payment(buyer, order)
    answer = succeeded(sales.ship(order, key), 200)
    assert "Idempotency-Replayed" not in answer.headers


def test_cancelling_releases_what_was_reserved_once(sales: Sales, customer: Person) -> None:
    first, second = sales.book(5), sales.book(7)
    order = sales.order(customer.client, (first, 3), (second, 7))
    key = formats.word()
    answer = succeeded(sales.cancel(customer.client, order, key), 200)
    assert (sales.stock(first), sales.stock(second)) == ((5, 0), (7, 0))
    cancelled = answer.json()
    assert cancelled["cancellation_reason"] == "customer"
    assert formats.at_once(cancelled["cancelled_at"], cancelled["updated_at"])
    assert cancelled["updated_at"] > order["updated_at"]
    expected = {**order, "state": "cancelled", "cancellation_reason": "customer"}
    expected |= {"expires_at": None, "cancelled_at": cancelled["cancelled_at"]}
    assert cancelled == {**expected, "updated_at": cancelled["updated_at"]}
    seen = succeeded(customer.client.get(path_of(order)))
    assert (seen.json(), seen.headers["ETag"]) == (cancelled, answer.headers["ETag"])
    again = succeeded(sales.cancel(customer.client, order, key), 200)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (answer.content, "true")
    refused(sales.cancel(customer.client, order), 409, "order-state")
    assert (sales.stock(first), sales.stock(second)) == ((5, 0), (7, 0))
    sales.order(customer.client, (second, 7))


def test_who_cancels_is_the_reason(sales: Sales, buyer: Client, admin: Client) -> None:
    for somebody in (sales.staff, admin):
        answer = succeeded(sales.cancel(somebody, sales.order(buyer)), 200)
        assert answer.json()["cancellation_reason"] == "staff"
    succeeded(sales.staff.delete("/cart"), 204)
    own = sales.order(sales.staff)
    assert succeeded(sales.cancel(sales.staff, own)).json()["cancellation_reason"] == "customer"


def test_cancelling_a_paid_order_gives_everything_back(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    book = sales.book(5, price=price(700))
    order = sales.order(buyer, (book, 2))
    payment = sales.payment(buyer, order)
    paid = sales.now(order)
    answer = succeeded(sales.cancel(buyer, order), 200)
    cancelled = answer.json()
    assert (cancelled["state"], cancelled["cancellation_reason"]) == ("cancelled", "customer")
    assert (cancelled["captured"], cancelled["refunded"]) == (price(1400), price(1400))
    assert cancelled["paid_at"] == paid["paid_at"]
    assert sales.stock(book) == (5, 0)
    assert sandbox.moved(payment["id"]) == (1400, 1400)
    assert sales.now(order) == cancelled
    assert sales.staff.etag(path_of(order)) == answer.headers["ETag"]
    refused(sales.refund(order, 1), 409, "refund-exceeds-captured")
    assert sandbox.moved(payment["id"]) == (1400, 1400)


def test_cancelling_gives_back_what_was_not_given_back_before(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    order = sales.order(buyer, (sales.book(price=price(1000)), 1))
    payment = sales.payment(buyer, order)
    succeeded(sales.refund(order, 300), 201)
    assert succeeded(sales.cancel(buyer, order), 200).json()["refunded"] == price(1000)
    assert [entry["amount"] for entry in sandbox.ledger(payment["id"])] == [1000, 300, 700]


def test_a_paid_order_whose_money_went_back_already_is_cancelled_without_more(
    sales: Sales, buyer: Client, sandbox: Sandbox
) -> None:
    book = sales.book(2, price=price(1000))
    order = sales.order(buyer, (book, 1))
    payment = sales.payment(buyer, order)
    succeeded(sales.refund(order, 1000), 201)
    cancelled = succeeded(sales.cancel(buyer, order), 200).json()
    assert (cancelled["state"], cancelled["refunded"]) == ("cancelled", price(1000))
    assert sandbox.moved(payment["id"]) == (1000, 1000)
    assert sales.stock(book) == (2, 0)


def test_shipping_takes_the_copies(sales: Sales, buyer: Client, staff_person: Person) -> None:
    first, second = sales.book(5), sales.book(7)
    edited = sales.shop.edited(first)
    order = sales.paid(buyer, (first, 3), (second, 7))
    assert (sales.stock(first), sales.stock(second)) == ((5, 3), (7, 7))
    tags = [sales.staff.etag(f"/books/{book['id']}") for book in (first, second)]
    answer = succeeded(sales.ship(order), 200)
    shipped = answer.json()
    assert {name: shipped[name] for name in SHIPMENT} == SHIPMENT
    assert formats.at_once(shipped["shipped_at"], shipped["updated_at"])
    assert shipped["updated_at"] > order["updated_at"]
    changed = {"state": "shipped", **SHIPMENT}
    changed |= {name: shipped[name] for name in ("shipped_at", "updated_at")}
    assert shipped == {**order, **changed}
    assert (sales.stock(first), sales.stock(second)) == ((2, 0), (0, 0))
    assert sales.staff.etag(path_of(order)) == answer.headers["ETag"]
    for book, tag, delta, on_hand in zip((first, second), tags, (-3, -7), (2, 0), strict=True):
        assert sales.staff.etag(f"/books/{book['id']}") != tag
        entry = sales.staff.walk(f"/books/{book['id']}/stock-adjustments")[0]
        assert (entry["delta"], entry["reason"], entry["on_hand"]) == (delta, "shipped", on_hand)
        assert (entry["note"], entry["user_id"]) == (None, staff_person.id)
    assert sales.shop.edited(first) == edited


def test_a_repeated_shipment_takes_them_once(sales: Sales, buyer: Client) -> None:
    book, key = sales.book(5), formats.word()
    order = sales.paid(buyer, (book, 2))
    first = succeeded(sales.ship(order, key), 200)
    again = succeeded(sales.ship(order, key), 200)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    refused(sales.ship(order), 409, "order-state")
    assert sales.stock(book) == (3, 0)


def test_a_delivered_order_says_when(sales: Sales, buyer: Client) -> None:
    book = sales.book(5)
    order = sales.shipped(buyer, (book, 2))
    answer = succeeded(sales.deliver(order), 200)
    delivered = answer.json()
    assert formats.at_once(delivered["delivered_at"], delivered["updated_at"])
    assert delivered["updated_at"] > order["updated_at"]
    changed = {name: delivered[name] for name in ("delivered_at", "updated_at")}
    assert delivered == {**order, "state": "delivered", **changed}
    assert sales.now(order) == delivered
    assert sales.staff.etag(path_of(order)) == answer.headers["ETag"]
    assert sales.stock(book) == (3, 0)


@pytest.mark.parametrize("content", [b"{", b"null", b"\xff", b"[" * 100])
def test_what_takes_no_body_reads_none(sales: Sales, buyer: Client, content: bytes) -> None:
    headers = {"Content-Type": "application/json", **once()}
    order = sales.order(buyer)
    path = f"{path_of(order)}/cancellation"
    succeeded(buyer.post(path, content=content, headers=headers), 200)
    order = sales.shipped(buyer)
    path = f"{path_of(order)}/delivery"
    succeeded(sales.staff.post(path, content=content, headers=headers), 200)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({**SHIPMENT, "carrier": ""}, {"/carrier": "length"}),
        ({**SHIPMENT, "carrier": None}, {"/carrier": "type"}),
        ({**SHIPMENT, "tracking_number": "x" * 101}, {"/tracking_number": "length"}),
        ({**SHIPMENT, "tracking_number": "a\nb"}, {"/tracking_number": "format"}),
        (
            {"carrier": 1, "weight": 1},
            {"/carrier": "type", "/tracking_number": "required", "/weight": "unexpected"},
        ),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_wrong_shipment_is_named(
    sales: Sales, buyer: Client, body: Json, errors: dict[str, str]
) -> None:
    order = sales.paid(buyer)
    before = sales.seen(order)
    answer = sales.staff.post(f"{path_of(order)}/shipment", body, headers=once())
    refused(answer, 422, "validation-failed", errors)
    assert sales.seen(order) == before
