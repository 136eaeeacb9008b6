"""Many at once: nothing is sold, charged, given back or released twice, with one worker or four."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import httpx
import pytest

from harness import formats
from harness.branch import Branch, open_branch
from harness.client import Client, patiently, refused, succeeded
from harness.contract import Json
from harness.sales import path_of
from harness.shop import price
from harness.target import Ground

pytestmark = pytest.mark.slow
BUYERS, COPIES = 60, 10


@pytest.fixture(scope="module")
def market(ground: Ground) -> Iterator[Branch]:
    with open_branch(ground, "market") as branch:
        yield branch


@pytest.fixture(scope="module")
def buyers(market: Branch) -> list[Client]:
    """Sixty customers with empty carts."""
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(lambda _: market.customer().client, range(BUYERS)))


@pytest.fixture(scope="module", params=[1, 4], ids=["1 worker", "4 workers"])
def crowd(market: Branch, buyers: list[Client], request: pytest.FixtureRequest) -> Branch:
    """The market with so many workers; the customers were there before."""
    assert buyers
    if market.server.workers != request.param:
        market.server.stop()
        market.server.workers = request.param
        market.server.start()
    return market


Call = Callable[[], httpx.Response]


def patient(call: Callable[..., httpx.Response], *arguments: Any, **options: Any) -> Call:  # noqa: ANN401  # as the call has them
    """A request that is sent again while the shop has no hand free."""
    return partial(patiently, partial(call, *arguments, **options))


def at_once(calls: Sequence[Call]) -> list[httpx.Response]:
    """The answers to requests that are all sent at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Call) -> httpx.Response:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def statuses(answers: Sequence[httpx.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


def all_refused(answers: Sequence[httpx.Response], *problems: str) -> None:
    """What did not succeed was a 409 for one of these reasons."""
    for answer in answers:
        if not answer.is_success:
            slug = answer.json()["type"].rpartition("/")[2]
            assert slug in problems
            refused(answer, 409, slug)


def test_sixty_buyers_get_the_ten_copies_there_are(crowd: Branch, buyers: list[Client]) -> None:
    sales = crowd.sales
    book, plenty = sales.book(COPIES), sales.book(1000)
    for buyer in buyers:
        sales.fill(buyer, (plenty, 2), (book, 1))
    answers = at_once([partial(sales.place, buyer) for buyer in buyers])
    assert statuses(answers) == {201: COPIES, 409: BUYERS - COPIES}
    for answer in answers:
        if answer.status_code == 409:
            (item,) = refused(answer, 409, "insufficient-stock")["items"]
            assert item == {"book_id": book["id"], "requested": 1, "available": 0}
    assert sales.stock(book) == (COPIES, COPIES)
    assert sales.stock(plenty) == (1000, 2 * COPIES)
    for buyer in buyers:
        succeeded(buyer.delete("/cart"), 204)


def test_a_request_sent_twenty_times_has_one_effect(crowd: Branch, buyers: list[Client]) -> None:
    sales, book, buyer, key = crowd.sales, crowd.sales.book(50), buyers[0], formats.word()
    sales.fill(buyer, (book, 1))
    answers = at_once([partial(sales.place, buyer, key)] * 20)
    assert set(statuses(answers)) <= {201, 409}
    all_refused(answers, "idempotency-key-in-flight")
    good = [answer for answer in answers if answer.is_success]
    assert len({answer.content for answer in good}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in good) == 1
    assert sales.stock(book) == (50, 1)


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
        calls: list[Call] = [
            patient(sales.ship, order),
            patient(sales.cancel, buyer, order),
        ]
        answers = at_once(calls)
        assert statuses(answers) == {200: 1, 409: 1}
        all_refused(answers, "order-state")
        shipped += sales.now(order)["state"] == "shipped"
    assert sales.stock(book) == (100 - 2 * shipped, 0)


def test_parallel_writes_to_a_cart_are_all_kept(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer = crowd.sales, buyers[1]
    books = sales.books(10)
    answers = at_once([partial(sales.put, buyer, book, 2) for book in books])
    assert statuses(answers) == {200: 10}
    cart = succeeded(buyer.get("/cart")).json()
    assert {item["book_id"] for item in cart["items"]} == {book["id"] for book in books}
    assert cart["total"] == price(2 * sum(book["price"]["amount"] for book in books))
    paths = [f"/cart/items/{book['id']}" for book in books[:8]]
    answers = at_once([partial(buyer.delete, path) for path in paths])
    assert statuses(answers) == {204: 8}
    assert len(succeeded(buyer.get("/cart")).json()["items"]) == 2


def test_of_writers_with_one_tag_one_wins(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer, book = crowd.sales, buyers[2], crowd.sales.book()
    sales.fill(buyer, (book, 1))
    tag = buyer.etag("/cart")
    numbers = range(2, 10)
    answers = at_once([partial(sales.put, buyer, book, number, tag) for number in numbers])
    assert statuses(answers) == {200: 1, 412: 7}
    (winner,) = [answer.json() for answer in answers if answer.is_success]
    assert succeeded(buyer.get("/cart")).json() == winner


def test_reviewers_with_one_tag_one_wins(crowd: Branch, buyers: list[Client]) -> None:
    sales, buyer, book = crowd.sales, buyers[2], crowd.sales.book()
    succeeded(buyer.delete("/cart"), 204)
    sales.delivered(buyer, (book, 1))
    created = succeeded(sales.review(buyer, book, rating=1), 201)
    path, tag = created.headers["Location"], created.headers["ETag"]
    stars = [2, 3, 4, 5] * 2
    answers = at_once([partial(buyer.patch, path, {"rating": star}, tag) for star in stars])
    assert statuses(answers) == {200: 1, 412: 7}
    (rating,) = [answer.json()["rating"] for answer in answers if answer.is_success]
    seen = succeeded(sales.staff.get(f"/books/{book['id']}")).json()["rating"]
    assert seen == {"average": rating, "count": 1}


def test_orders_of_the_same_books_in_any_order_do_not_block_each_other(
    crowd: Branch, buyers: list[Client]
) -> None:
    sales = crowd.sales
    author = sales.shop.author()
    books = [sales.book(100, author_ids=[author["id"]]) for _ in range(4)]
    crew = buyers[10:22]
    for buyer in crew:
        sales.fill(buyer, *((book, 1) for book in random.sample(books, len(books))))
    calls: list[Call] = [partial(sales.place, buyer) for buyer in crew]
    calls += [
        partial(sales.shop.adjust, book, {"delta": 1, "reason": "returned"}) for book in books
    ]
    calls += [partial(sales.staff.patch, f"/authors/{author['id']}", {"name": formats.word()}, "*")]
    answers = at_once(calls)
    assert statuses(answers) == {201: len(crew) + len(books), 200: 1}
    assert [sales.stock(book) for book in books] == [(101, len(crew))] * len(books)
    orders = [answer.json() for answer in answers[: len(crew)]]
    answers = at_once(
        [patient(sales.cancel, buyer, order) for buyer, order in zip(crew, orders, strict=True)]
    )
    assert statuses(answers) == {200: len(crew)}
    assert [sales.stock(book) for book in books] == [(101, 0)] * len(books)


def test_a_book_is_deleted_or_ordered(crowd: Branch, buyers: list[Client]) -> None:
    sales = crowd.sales
    for buyer in buyers[30:36]:
        book = sales.shop.book()
        sales.shop.import_rows([_with_a_copy(book)])
        sales.fill(buyer, (book, 1))
        calls: list[Call] = [
            partial(sales.place, buyer),
            partial(sales.staff.delete, f"/books/{book['id']}", "*"),
        ]
        placed, deleted = at_once(calls)
        assert placed.is_success != deleted.is_success
        all_refused([placed, deleted], "cart-empty", "book-ordered")
        if placed.is_success:
            assert sales.stock(book) == (1, 1)
            assert succeeded(buyer.get(path_of(placed.json()))).json() == placed.json()


def _with_a_copy(book: Json) -> Json:
    return {
        "isbn": book["isbn"],
        "title": book["title"],
        "authors": [author["name"] for author in book["authors"]],
        "language": None,
        "published_year": None,
        "price_amount": book["price"]["amount"],
        "stock": 1,
    }
