"""Placing orders: all or nothing, once, with lines that later changes do not affect."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from harness import formats
from harness.client import Client, invalid, location, refused, succeeded
from harness.contract import Json
from harness.people import Person
from harness.sales import ADDRESS, Sales, once, path_of
from harness.shop import price


def orders(buyer: Client) -> list[Json]:
    return buyer.walk("/orders", limit=100)


def cart(buyer: Client) -> tuple[Json, str]:
    answer = succeeded(buyer.get("/cart"))
    return answer.json(), answer.headers["ETag"]


def test_an_order_is_what_was_in_the_cart(sales: Sales, customer: Person) -> None:
    first, second = sales.book(5, price=price(1299)), sales.book(9, price=price(333))
    sales.fill(customer.client, (first, 2), (second, 9))
    answer = succeeded(sales.place(customer.client), 201)
    order = answer.json()
    assert order["lines"] == [
        {
            "book_id": book["id"],
            "isbn": book["isbn"],
            "title": book["title"],
            "quantity": quantity,
            "unit_price": price(unit),
            "line_total": price(total),
        }
        for book, quantity, unit, total in ((first, 2, 1299, 2598), (second, 9, 333, 2997))
    ]
    assert order["total"] == price(5595)
    assert (order["captured"], order["refunded"]) == (price(0), price(0))
    assert (order["state"], order["user_id"]) == ("awaiting_payment", customer.id)
    assert order["shipping_address"] == ADDRESS
    assert order["created_at"] == order["updated_at"]
    unset = ("paid_at", "shipped_at", "delivered_at", "cancelled_at", "cancellation_reason")
    assert {order[name] for name in (*unset, "carrier", "tracking_number")} == {None}
    assert location(answer) == path_of(order)
    seen = succeeded(customer.client.get(path_of(order)))
    assert (seen.json(), seen.headers["ETag"]) == (order, answer.headers["ETag"])


@pytest.mark.usefixtures("our_target")
def test_an_order_waits_a_day_for_its_payment(sales: Sales, customer: Person) -> None:
    order = sales.order(customer.client)
    created, expires = map(datetime.fromisoformat, (order["created_at"], order["expires_at"]))
    assert abs(expires - created - timedelta(days=1)) < timedelta(seconds=1)


def test_placing_reserves_and_empties_the_cart(sales: Sales, customer: Person) -> None:
    book = sales.book(5)
    tag = sales.staff.etag(f"/books/{book['id']}")
    sales.order(customer.client, (book, 3))
    assert sales.stock(book) == (5, 3)
    assert sales.staff.etag(f"/books/{book['id']}") != tag
    assert cart(customer.client)[0]["items"] == []
    refused(sales.place(customer.client), 409, "cart-empty")
    refused(sales.shop.adjust(book, {"delta": -3, "reason": "lost"}), 409, "insufficient-stock")
    sales.shop.stocked(book, -2)
    assert sales.stock(book) == (3, 3)


def test_the_last_copy_can_be_had(sales: Sales, customer: Person) -> None:
    book = sales.book(2)
    sales.order(customer.client, (book, 2))
    assert sales.stock(book) == (2, 2)
    sales.fill(customer.client, (book, 1))
    problem = refused(sales.place(customer.client), 409, "insufficient-stock")
    assert problem["items"] == [{"book_id": book["id"], "requested": 1, "available": 0}]


def test_an_order_stays_as_it_was_placed(sales: Sales, customer: Person) -> None:
    book = sales.book(5, price=price(500))
    order = sales.order(customer.client, (book, 1))
    tag = customer.client.etag(path_of(order))
    sales.staff.change(
        f"/books/{book['id']}", title="Renamed", isbn=formats.isbn(), price=price(999)
    )
    assert sales.now(order) == order
    assert customer.client.etag(path_of(order)) == tag


def test_an_empty_cart_is_no_order(sales: Sales, customer: Person) -> None:
    refused(sales.place(customer.client), 409, "cart-empty")
    gone = sales.shop.book()
    sales.fill(customer.client, (gone, 1))
    succeeded(sales.staff.delete(f"/books/{gone['id']}", "*"), 204)
    refused(sales.place(customer.client), 409, "cart-empty")
    assert orders(customer.client) == []


def test_a_book_that_is_no_longer_sold_is_left_out(sales: Sales, customer: Person) -> None:
    gone, kept = sales.shop.book(), sales.book(price=price(11))
    sales.fill(customer.client, (gone, 1), (kept, 2))
    succeeded(sales.staff.delete(f"/books/{gone['id']}", "*"), 204)
    order = succeeded(sales.place(customer.client), 201).json()
    assert [line["book_id"] for line in order["lines"]] == [kept["id"]]
    assert order["total"] == price(22)


def test_every_book_that_is_short_is_listed_and_nothing_happens(
    sales: Sales, customer: Person
) -> None:
    enough, short, none = sales.book(9), sales.book(2), sales.book(0)
    sales.fill(customer.client, (short, 3), (enough, 9), (none, 99))
    before = cart(customer.client), [sales.stock(book) for book in (enough, short, none)]
    problem = refused(sales.place(customer.client), 409, "insufficient-stock")
    assert {item["book_id"]: item for item in problem["items"]} == {
        short["id"]: {"book_id": short["id"], "requested": 3, "available": 2},
        none["id"]: {"book_id": none["id"], "requested": 99, "available": 0},
    }
    after = cart(customer.client), [sales.stock(book) for book in (enough, short, none)]
    assert after == before
    assert orders(customer.client) == []


def test_every_price_that_changed_is_listed_and_nothing_happens(
    sales: Sales, customer: Person
) -> None:
    same, dearer, cheaper = (sales.book(price=price(500)) for _ in range(3))
    sales.fill(customer.client, (dearer, 1), (same, 1), (cheaper, 2))
    sales.reprice(dearer, 501)
    sales.reprice(cheaper, 499)
    before = cart(customer.client), [sales.stock(book) for book in (same, dearer, cheaper)]
    problem = refused(sales.place(customer.client), 409, "price-changed")
    assert {item["book_id"]: item for item in problem["items"]} == {
        book["id"]: {"book_id": book["id"], "cart_price": price(500), "price": price(now)}
        for book, now in ((dearer, 501), (cheaper, 499))
    }
    assert before == (cart(customer.client), [sales.stock(b) for b in (same, dearer, cheaper)])
    assert orders(customer.client) == []
    sales.fill(customer.client, (dearer, 1), (cheaper, 2))
    order = succeeded(sales.place(customer.client), 201).json()
    assert order["total"] == price(501 + 500 + 2 * 499)
    assert [line["book_id"] for line in order["lines"]] == [
        book["id"] for book in (dearer, same, cheaper)
    ]


def test_what_is_short_comes_before_what_is_repriced(sales: Sales, customer: Person) -> None:
    short, repriced = sales.book(1), sales.book(1)
    sales.fill(customer.client, (repriced, 1), (short, 2))
    sales.reprice(repriced, 5)
    problem = refused(sales.place(customer.client), 409, "insufficient-stock")
    assert problem["items"] == [{"book_id": short["id"], "requested": 2, "available": 1}]


def test_a_price_that_came_back_has_not_changed(sales: Sales, customer: Person) -> None:
    book = sales.book(price=price(500))
    sales.fill(customer.client, (book, 1))
    sales.reprice(book, 700)
    sales.reprice(book, 500)
    assert succeeded(sales.place(customer.client), 201).json()["total"] == price(500)


def test_a_repeated_placement_is_one_order(sales: Sales, customer: Person) -> None:
    book, key = sales.book(5), formats.word()
    sales.fill(customer.client, (book, 1))
    first = succeeded(sales.place(customer.client, key), 201)
    sales.fill(customer.client, (book, 2))
    again = succeeded(sales.place(customer.client, key), 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    assert location(again) == location(first)
    assert again.headers["ETag"] == first.headers["ETag"]
    answer = sales.place(customer.client, key, city="Paris")
    refused(answer, 422, "idempotency-key-reused")
    assert len(orders(customer.client)) == 1
    assert sales.stock(book) == (5, 1)
    assert cart(customer.client)[0]["items"][0]["quantity"] == 2


def test_a_refused_placement_keeps_no_key(sales: Sales, customer: Person) -> None:
    book, key = sales.book(0), formats.word()
    sales.fill(customer.client, (book, 1))
    refused(sales.place(customer.client, key), 409, "insufficient-stock")
    sales.shop.stocked(book, 1)
    answer = succeeded(sales.place(customer.client, key), 201)
    assert "Idempotency-Replayed" not in answer.headers
    assert sales.stock(book) == (1, 1)


def test_a_cart_becomes_one_order_at_most(sales: Sales, customer: Person) -> None:
    book = sales.book(50)
    sales.fill(customer.client, (book, 1))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: sales.place(customer.client), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "cart-empty")
    assert len(orders(customer.client)) == 1
    assert sales.stock(book) == (50, 1)


def test_a_line_of_an_address_may_be_left_out(sales: Sales, customer: Person) -> None:
    sales.fill(customer.client)
    address = {name: value for name, value in ADDRESS.items() if name != "line2"}
    answer = customer.client.post("/orders", {"shipping_address": address}, headers=once())
    assert succeeded(answer, 201).json()["shipping_address"] == ADDRESS


HERE = "/shipping_address"
WRONG: list[tuple[Json, dict[str, str]]] = [
    ({"shipping_address": None}, {HERE: "type"}),
    ({"shipping_address": []}, {HERE: "type"}),
    (
        {"shipping_address": {}},
        {f"{HERE}/{name}": "required" for name in ADDRESS if name != "line2"},
    ),
    ({"shipping_address": {**ADDRESS, "name": ""}}, {f"{HERE}/name": "length"}),
    ({"shipping_address": {**ADDRESS, "name": "x" * 101}}, {f"{HERE}/name": "length"}),
    ({"shipping_address": {**ADDRESS, "line1": "a\nb"}}, {f"{HERE}/line1": "format"}),
    ({"shipping_address": {**ADDRESS, "line2": ""}}, {f"{HERE}/line2": "length"}),
    ({"shipping_address": {**ADDRESS, "postal_code": "1" * 21}}, {f"{HERE}/postal_code": "length"}),
    ({"shipping_address": {**ADDRESS, "city": None}}, {f"{HERE}/city": "type"}),
    ({"shipping_address": {**ADDRESS, "country": "gb"}}, {f"{HERE}/country": "format"}),
    ({"shipping_address": {**ADDRESS, "country": "GBR"}}, {f"{HERE}/country": "length"}),
    ({"shipping_address": {**ADDRESS, "planet": "Earth"}}, {f"{HERE}/planet": "unexpected"}),
    (
        {"shipping_address": {**ADDRESS, "city": 1, "country": "G"}, "total": 1},
        {f"{HERE}/city": "type", f"{HERE}/country": "length", "/total": "unexpected"},
    ),
]


@pytest.mark.parametrize(("body", "errors"), WRONG, ids=lambda value: str(value)[-40:])
def test_a_wrong_address_is_named(
    sales: Sales, reader: Client, body: Json, errors: dict[str, str]
) -> None:
    sales.fill(reader)
    before = cart(reader)
    invalid(reader.post("/orders", body, headers=once()), errors)
    assert cart(reader) == before
    succeeded(reader.delete("/cart"), 204)


def test_a_customer_sees_their_own_orders_newest_first(sales: Sales, customer: Person) -> None:
    placed = [sales.order(customer.client) for _ in range(3)]
    lineless = ("id", "user_id", "state", "total", "captured", "refunded")
    summaries = [
        {name: order[name] for name in (*lineless, "created_at", "updated_at")} for order in placed
    ]
    for limit in (1, 2, 100):
        assert customer.client.walk("/orders", limit=limit) == summaries[::-1]


def test_staff_see_everybody_s_orders(
    sales: Sales, customer: Person, admin: Client, reader: Client
) -> None:
    order = sales.order(customer.client)
    for somebody in (sales.staff, admin):
        found = somebody.walk("/orders", user_id=customer.id)
        assert [each["id"] for each in found] == [order["id"]]
        newest = succeeded(somebody.get("/orders", params={"limit": 1})).json()["items"]
        assert [each["id"] for each in newest] == [order["id"]]
    assert order["id"] not in [each["id"] for each in orders(reader)]
    assert reader.walk("/orders", user_id=customer.id) == []
    assert len(customer.client.walk("/orders", user_id=customer.id)) == 1


def test_orders_are_filtered_by_state(sales: Sales, customer: Person) -> None:
    made = {
        state: sales.in_state(state, customer.client)["id"]
        for state in ("cancelled", "awaiting_payment", "shipped", "paid", "delivered")
    }
    for state, order_id in made.items():
        for somebody in (customer.client, sales.staff):
            found = somebody.walk("/orders", state=state, user_id=customer.id)
            assert [(each["id"], each["state"]) for each in found] == [(order_id, state)]


@pytest.mark.parametrize(
    ("query", "code"),
    [("state=open", {"?state": "choice"}), ("user_id=me", {"?user_id": "length"})],
)
def test_a_wrong_filter_is_named(reader: Client, query: str, code: dict[str, str]) -> None:
    answer = reader.get(f"/orders?{query}")
    problem = refused(answer, 422, "validation-failed")
    assert [f"?{error['name']}" for error in problem["errors"]] == list(code)


def test_a_book_that_was_ordered_stays(sales: Sales, customer: Person) -> None:
    book = sales.book()
    order = sales.order(customer.client, (book, 1))
    path = f"/books/{book['id']}"
    refused(sales.staff.delete(path, "*"), 409, "book-ordered")
    succeeded(sales.cancel(customer.client, order), 200)
    refused(sales.staff.delete(path, "*"), 409, "book-ordered")
    assert succeeded(sales.staff.get(path)).json()["title"] == book["title"]
