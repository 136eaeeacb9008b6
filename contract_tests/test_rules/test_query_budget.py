"""An operation needs few SQL statements, and no more of them however much it is about."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest

from harness import contract, formats
from harness.client import Client, succeeded
from harness.contract import Json, Operation
from harness.people import Person
from harness.sales import SHIPMENT, VISA, Sales, once, path_of
from harness.samples import Sampler
from harness.sandbox import Sandbox
from harness.shop import Shop, price

TIMING = re.compile(r'app;dur=[0-9.]+, db;dur=[0-9.]+;desc="([0-9]+) quer(?:y|ies)"')
SIZES = (5, 100)

pytestmark = pytest.mark.usefixtures("our_target")  # only there Server-Timing is sure to be on


def queries(answer: httpx.Response) -> int:
    """The number of SQL statements of a request."""
    found = TIMING.fullmatch(succeeded(answer).headers["Server-Timing"])
    assert found, answer.headers["Server-Timing"]
    return int(found[1])


@pytest.mark.parametrize("operation", contract.operations(), ids=str)
def test_a_success_stays_within_its_budget(
    sample: Sampler, sandbox: Sandbox, operation: Operation
) -> None:
    with sandbox.mute():  # an event that overtakes the provider's answer settles in its place
        assert queries(sample(operation).send()) <= operation.query_budget


@pytest.fixture(scope="module")
def full(shop: Shop) -> Json:
    """A hundred books by two authors each in one category, made at once."""
    word = formats.word()
    rows = [
        {
            "isbn": formats.isbn(),
            "title": f"{word} {number}",
            "authors": [f"{word} {number}", f"{word} {number + 1}"],
            "language": None,
            "published_year": number,
            "price_amount": 1 + number,
            "stock": 1,
            "categories": [word],
        }
        for number in range(100)
    ]
    assert succeeded(shop.import_rows(rows)).json()["created"] == 100
    return {"q": word}


@pytest.mark.parametrize("sort", ["newest", "title", "-price", "published_year"])
def test_books_cost_the_same_on_a_page_of_any_size(anyone: Client, full: Json, sort: str) -> None:
    pages = [anyone.get("/books", params={**full, "sort": sort, "limit": size}) for size in SIZES]
    assert [len(page.json()["items"]) for page in pages] == list(SIZES)
    assert queries(pages[0]) == queries(pages[1]) <= 3


def test_a_deep_page_costs_what_the_first_does(anyone: Client, full: Json) -> None:
    first = anyone.get("/books", params={**full, "limit": 40})
    cursor = first.json()["next_cursor"]
    second = anyone.get("/books", params={**full, "limit": 40, "cursor": cursor})
    assert queries(first) == queries(second)


@pytest.mark.parametrize("path", ["/authors", "/categories"])
def test_lists_of_names_cost_one_query(anyone: Client, full: Json, path: str) -> None:
    assert full
    costs = {queries(anyone.get(path, params={"limit": size})) for size in SIZES}
    assert costs == {1}


def test_accounts_cost_one_query_and_the_caller_s(admin: Client) -> None:
    costs = {queries(admin.get("/users", params={"limit": size})) for size in SIZES}
    assert len(costs) == 1
    assert costs.pop() <= 2


def test_a_ledger_costs_the_same_however_long(shop: Shop) -> None:
    book = shop.book()
    path = f"/books/{book['id']}/stock-adjustments"
    shop.stocked(book, 1)
    before = queries(shop.staff.get(path))
    for _ in range(20):
        shop.stocked(book, 1)
    assert queries(shop.staff.get(path, params={"limit": 100})) == before


def test_a_book_costs_the_same_with_many_authors(shop: Shop) -> None:
    authors = [shop.author()["id"] for _ in range(8)]
    one, many = (shop.book(author_ids=authors[:count])["id"] for count in (1, 8))
    costs = [queries(shop.staff.bearing(None).get(f"/books/{book}")) for book in (one, many)]
    assert costs[0] == costs[1]


# What is excluded: imports and exports stream row by row, in batches whose number grows with them.
FEW, MANY = 1, 40


@pytest.fixture(scope="module")
def shelf(sales: Sales) -> list[Json]:
    """As many books as the largest order here has lines."""
    return sales.books(MANY, copies=1000)


def buy(sales: Sales, buyer: Client, shelf: list[Json], lines: int) -> Iterator[tuple[str, int]]:
    """What each step of a purchase of so many lines costs, from the cart to the door."""
    for book in shelf[: lines - 1]:
        succeeded(sales.put(buyer, book))
    yield "putCartItem", queries(sales.put(buyer, shelf[lines - 1]))
    yield "getCart", queries(buyer.get("/cart"))
    placed = sales.place(buyer)
    yield "placeOrder", queries(placed)
    order = placed.json()
    assert len(order["lines"]) == lines
    path = path_of(order)
    yield "getOrder", queries(buyer.get(path))
    body = {"payment_method": VISA}
    yield "createPayment", queries(buyer.post(f"{path}/payments", body, headers=once()))
    yield "shipOrder", queries(sales.staff.post(f"{path}/shipment", SHIPMENT, headers=once()))
    refund = {"amount": price(1)}
    yield "createRefund", queries(sales.staff.post(f"{path}/refunds", refund, headers=once()))
    yield "deliverOrder", queries(sales.staff.post(f"{path}/delivery"))
    sales.fill(buyer, *((book, 1) for book in shelf[:lines]))
    unpaid = succeeded(sales.place(buyer)).json()
    yield "cancelOrder, unpaid", queries(sales.cancel(buyer, unpaid))
    paid = sales.paid(buyer, *((book, 1) for book in shelf[:lines]))
    yield "cancelOrder, paid", queries(sales.cancel(buyer, paid))
    sales.fill(buyer, *((book, 1) for book in shelf[:lines]))
    yield "deleteCartItem", queries(buyer.delete(f"/cart/items/{shelf[0]['id']}"))
    yield "clearCart", queries(buyer.delete("/cart"))


@pytest.mark.slow
def test_a_purchase_costs_the_same_however_many_lines(
    sales: Sales, customer: Person, shelf: list[Json], sandbox: Sandbox
) -> None:
    with sandbox.mute():
        few, many = (dict(buy(sales, customer.client, shelf, lines)) for lines in (FEW, MANY))
    assert few == many


def test_lists_of_what_is_sold_cost_the_same_on_a_page_of_any_size(
    sales: Sales, customer: Person
) -> None:
    book = sales.book(100)
    for _ in range(12):
        sales.order(customer.client, (book, 1))
    sales.delivered(customer.client, (book, 1))
    succeeded(sales.review(customer.client, book))
    for client, path in (
        (customer.client, "/orders"),
        (sales.staff, "/orders"),
        (customer.client, f"/books/{book['id']}/reviews"),
    ):
        costs = {queries(client.get(path, params={"limit": size})) for size in (1, 5, 100)}
        assert len(costs) == 1, path


@pytest.mark.parametrize("group_by", ["day", "month", "category", "book"])
def test_a_report_costs_the_same_for_a_day_and_a_year(
    sales: Sales, reader: Client, group_by: str
) -> None:
    last = date.fromisoformat(sales.paid(reader)["paid_at"][:10])
    costs = set()
    for days in (0, 365):
        params = {"from": str(last - timedelta(days)), "to": str(last), "group_by": group_by}
        costs.add(queries(sales.staff.get("/reports/sales", params=params)))
    assert len(costs) == 1


def test_a_review_costs_the_same_however_many_its_author_wrote(
    sales: Sales, customer: Person
) -> None:
    books = [sales.book() for _ in range(6)]
    sales.delivered(customer.client, *((book, 1) for book in books))
    costs, renaming = set(), set()
    for book in books:
        costs.add(queries(sales.review(customer.client, book)))
        renaming.add(queries(customer.client.patch("/users/me", {"name": formats.word()})))
    assert (len(costs), len(renaming)) == (1, 1)
