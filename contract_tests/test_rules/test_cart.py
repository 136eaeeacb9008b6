"""Carts: what was put in, at the price that was seen, whatever the catalogue does meanwhile."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from harness.client import Client, invalid, refused, succeeded
from harness.contract import Json
from harness.people import Person
from harness.sales import Sales
from harness.shop import price

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
EMPTY: Json = {"items": [], "total": price(0), "expires_at": None}
EMPTY_TAG = f'"{hashlib.sha256(b"[null,[]]").hexdigest()[:32]}"'


def cart(buyer: Client) -> Json:
    return succeeded(buyer.get("/cart"), 200).json()


def is_empty(buyer: Client) -> bool:
    answer = succeeded(buyer.get("/cart"), 200)
    return bool(answer.json() == EMPTY and answer.headers["ETag"] == EMPTY_TAG)


def test_an_empty_cart_is_a_cart(customer: Person) -> None:
    assert is_empty(customer.client)


def test_a_cart_shows_what_was_put_in_and_adds_up(sales: Sales, customer: Person) -> None:
    first, second = sales.book(40, price=price(1299)), sales.book(0, price=price(1))
    succeeded(sales.put(customer.client, first, 2), 200)
    answer = succeeded(sales.put(customer.client, second, 99), 200)
    seen = succeeded(customer.client.get("/cart"))
    assert (seen.json(), seen.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert seen.json()["items"] == [
        {
            "book_id": first["id"],
            "title": first["title"],
            "quantity": 2,
            "unit_price": price(1299),
            "line_total": price(2598),
            "available": 40,
        },
        {
            "book_id": second["id"],
            "title": second["title"],
            "quantity": 99,
            "unit_price": price(1),
            "line_total": price(99),
            "available": 0,
        },
    ]
    assert seen.json()["total"] == price(2697)
    expires = datetime.fromisoformat(seen.json()["expires_at"])
    assert abs(expires - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=5)


def test_putting_again_sets_quantity_and_price_and_keeps_the_place(
    sales: Sales, customer: Person
) -> None:
    first, second = sales.book(price=price(100)), sales.book(price=price(200))
    sales.fill(customer.client, (first, 1), (second, 1))
    sales.reprice(first, 150)
    changed = succeeded(sales.put(customer.client, first, 3)).json()
    shown = [(item["book_id"], item["quantity"]) for item in changed["items"]]
    assert shown == [(first["id"], 3), (second["id"], 1)]
    assert changed["items"][0]["line_total"] == price(450)
    assert changed["total"] == price(650)


def test_a_cart_keeps_the_price_that_was_seen(sales: Sales, customer: Person) -> None:
    book = sales.book(5, price=price(100))
    sales.fill(customer.client, (book, 2))
    tag = customer.client.etag("/cart")
    sales.reprice(book, 300)
    assert cart(customer.client)["items"][0]["unit_price"] == price(100)
    assert cart(customer.client)["total"] == price(200)
    assert customer.client.etag("/cart") == tag


def test_a_change_of_one_item_keeps_the_prices_of_the_others(
    sales: Sales, customer: Person
) -> None:
    """A new price is accepted by putting that very book again, and in no other way."""
    seen, other, third = (sales.book(price=price(100)) for _ in range(3))
    sales.fill(customer.client, (seen, 1), (other, 1))
    sales.reprice(seen, 300)
    succeeded(sales.put(customer.client, other, 2), 200)
    succeeded(sales.put(customer.client, third), 200)
    succeeded(customer.client.delete(f"/cart/items/{other['id']}"), 204)
    prices = {item["book_id"]: item["unit_price"] for item in cart(customer.client)["items"]}
    assert prices == {seen["id"]: price(100), third["id"]: price(100)}
    problem = refused(sales.place(customer.client), 409, "price-changed")
    assert [item["book_id"] for item in problem["items"]] == [seen["id"]]


def test_a_cart_shows_title_and_stock_as_they_are(sales: Sales, customer: Person) -> None:
    book = sales.book(5)
    sales.fill(customer.client, (book, 1))
    tags = {customer.client.etag("/cart")}
    sales.staff.change(f"/books/{book['id']}", title="Another title")
    tags.add(customer.client.etag("/cart"))
    sales.shop.stocked(book, 2)
    tags.add(customer.client.etag("/cart"))
    assert len(tags) == 3
    (item,) = cart(customer.client)["items"]
    assert (item["title"], item["available"]) == ("Another title", 7)
    sales.order(sales.staff, (book, 3))
    assert cart(customer.client)["items"][0]["available"] == 4


def test_each_change_gives_another_tag_and_a_read_none(sales: Sales, customer: Person) -> None:
    book = sales.book()
    tags = [succeeded(sales.put(customer.client, book, n)).headers["ETag"] for n in (1, 2, 1)]
    assert len(set(tags)) == 3
    assert customer.client.etag("/cart") == customer.client.etag("/cart") == tags[-1]


def test_a_book_that_is_no_longer_sold_is_not_shown(sales: Sales, customer: Person) -> None:
    kept, gone = sales.book(price=price(7)), sales.book(price=price(100))
    sales.fill(customer.client, (gone, 1), (kept, 3))
    tag = customer.client.etag("/cart")
    succeeded(sales.staff.delete(f"/books/{gone['id']}", "*"), 204)
    seen = succeeded(customer.client.get("/cart"))
    assert [item["book_id"] for item in seen.json()["items"]] == [kept["id"]]
    assert seen.json()["total"] == price(21)
    assert seen.headers["ETag"] != tag
    refused(sales.put(customer.client, gone), 404, "not-found")


def test_what_is_no_longer_sold_drops_out_when_another_book_is_put_in(
    sales: Sales, customer: Person
) -> None:
    gone, kept = sales.book(), sales.book()
    sales.fill(customer.client, (gone, 1))
    succeeded(sales.staff.delete(f"/books/{gone['id']}", "*"), 204)
    succeeded(sales.put(customer.client, kept), 200)
    succeeded(customer.client.delete(f"/cart/items/{kept['id']}"), 204)
    assert is_empty(customer.client)


def test_a_book_that_is_not_there_is_not_put_in(sales: Sales, customer: Person) -> None:
    refused(sales.put(customer.client, {"id": UNKNOWN_ID}), 404, "not-found")
    assert is_empty(customer.client)


def test_a_book_is_taken_out_once(sales: Sales, customer: Person) -> None:
    first, second = sales.book(), sales.book()
    sales.fill(customer.client, (first, 1), (second, 1))
    path = f"/cart/items/{first['id']}"
    succeeded(customer.client.delete(path), 204)
    assert [item["book_id"] for item in cart(customer.client)["items"]] == [second["id"]]
    tag = customer.client.etag("/cart")
    refused(customer.client.delete(path), 404, "not-found")
    assert customer.client.etag("/cart") == tag
    succeeded(customer.client.delete(f"/cart/items/{second['id']}"), 204)
    assert is_empty(customer.client)


def test_clearing_is_always_possible(sales: Sales, customer: Person) -> None:
    succeeded(customer.client.delete("/cart"), 204)
    sales.fill(customer.client, (sales.book(), 1), (sales.book(), 1))
    for _ in range(2):
        succeeded(customer.client.delete("/cart"), 204)
        assert is_empty(customer.client)


def test_carts_are_each_one_s_own(sales: Sales, customer: Person, reader: Client) -> None:
    succeeded(reader.delete("/cart"), 204)
    sales.fill(customer.client)
    assert is_empty(reader)
    sales.fill(reader)
    succeeded(customer.client.delete("/cart"), 204)
    assert len(cart(reader)["items"]) == 1
    succeeded(reader.delete("/cart"), 204)


def test_a_cart_holds_fifty_books(sales: Sales, customer: Person) -> None:
    *fifty, another, last = sales.books(52)
    sales.fill(customer.client, *((book, 1) for book in fifty))
    before = succeeded(customer.client.get("/cart"))
    assert len(before.json()["items"]) == 50
    assert before.json()["total"] == price(sum(range(100, 150)))
    refused(sales.put(customer.client, another), 409, "cart-full")
    after = succeeded(customer.client.get("/cart"))
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])
    succeeded(sales.put(customer.client, fifty[3], 5), 200)
    succeeded(customer.client.delete(f"/cart/items/{fifty[0]['id']}"), 204)
    succeeded(sales.put(customer.client, another), 200)
    assert cart(customer.client)["items"][-1]["book_id"] == another["id"]
    succeeded(sales.staff.delete(f"/books/{fifty[1]['id']}", "*"), 204)
    succeeded(sales.put(customer.client, last), 200)  # in the place of one that is no longer sold


def test_a_put_honours_if_match(sales: Sales, customer: Person) -> None:
    book = sales.book()
    refused(sales.put(customer.client, book, 1, '"stale"'), 412, "precondition-failed")
    assert is_empty(customer.client)
    first = succeeded(sales.put(customer.client, book, 1, EMPTY_TAG), 200).headers["ETag"]
    second = succeeded(sales.put(customer.client, book, 2, f'"other", {first}'), 200)
    refused(sales.put(customer.client, book, 3, first), 412, "precondition-failed")
    assert succeeded(customer.client.get("/cart")).json() == second.json()
    succeeded(sales.put(customer.client, book, 4, "*"), 200)


WRONG: list[tuple[Json, dict[str, str]]] = [
    ({"quantity": 0}, {"/quantity": "range"}),
    ({"quantity": 100}, {"/quantity": "range"}),
    ({"quantity": -1}, {"/quantity": "range"}),
    ({"quantity": 1.5}, {"/quantity": "type"}),
    ({"quantity": "1"}, {"/quantity": "type"}),
    ({"quantity": True}, {"/quantity": "type"}),
    ({"quantity": None}, {"/quantity": "type"}),
    ({"quantity": 0, "price": 1}, {"/quantity": "range", "/price": "unexpected"}),
]


@pytest.mark.parametrize(("body", "errors"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_item_is_named(
    sales: Sales, customer: Person, body: Json, errors: dict[str, str]
) -> None:
    invalid(customer.client.put(f"/cart/items/{sales.book()['id']}", body), errors)
    assert is_empty(customer.client)


def test_fraction_of_zero_is_an_integer_or_refused(sales: Sales, customer: Person) -> None:
    path = f"/cart/items/{sales.book()['id']}"
    headers = {"Content-Type": "application/json"}
    answer = customer.client.put(path, content=b'{"quantity": 2.0}', headers=headers)
    if answer.status_code == 422:
        invalid(answer, {"/quantity": "type"})
        assert is_empty(customer.client)
    else:
        quantity = succeeded(answer, 200).json()["items"][0]["quantity"]
        assert (quantity, type(quantity)) == (2, int)
