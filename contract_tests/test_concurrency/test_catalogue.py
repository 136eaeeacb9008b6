"""The catalogue and its stock: no name, no ISBN twice, no cycle, no copy that is not there."""

import random
from functools import partial

import httpx
import pytest

from harness import formats, options
from harness.branch import Branch
from harness.client import Client, patiently, succeeded
from harness.contract import Json
from harness.sales import path_of
from harness.shop import row_of
from test_concurrency.crowd import Call, all_refused, at_once, one_of, patient, statuses, successes

pytestmark = pytest.mark.slow
ROUNDS = options.chosen().rounds


@pytest.mark.parametrize("path", ["/authors", "/categories"])
def test_a_name_is_given_once(crowd: Branch, path: str) -> None:
    body = {"name": formats.word()}
    answers = at_once([patient(crowd.admin.post, path, body)] * 8)
    made = one_of(answers, "name-taken").json()
    assert succeeded(crowd.anyone.get(f"{path}/{made['id']}")).json() == made


def test_a_name_is_taken_over_once(crowd: Branch) -> None:
    shop, name = crowd.sales.shop, formats.word()
    paths = [f"/authors/{shop.author()['id']}" for _ in range(6)]
    calls = [patient(crowd.admin.patch, path, {"name": name}, "*") for path in paths]
    one_of(at_once(calls), "name-taken")
    names = [succeeded(crowd.anyone.get(path)).json()["name"] for path in paths]
    assert names.count(name) == 1


def test_an_isbn_is_given_once(crowd: Branch) -> None:
    shop = crowd.sales.shop
    body = shop.book_members()
    answers = at_once([patient(crowd.admin.post, "/books", body)] * 8)
    made = one_of(answers, "isbn-taken").json()
    assert succeeded(crowd.anyone.get(f"/books/{made['id']}")).json() == made


def test_two_moves_make_no_cycle(crowd: Branch) -> None:
    shop = crowd.sales.shop
    for _ in range(ROUNDS):
        ring = [shop.category() for _ in range(3)]
        calls: list[Call] = [
            patient(crowd.admin.patch, path(child), {"parent_id": parent["id"]}, "*")
            for child, parent in zip(ring, [*ring[1:], ring[0]], strict=True)
        ]
        answers = at_once(calls)
        all_refused(answers, "category-cycle")
        assert len(successes(answers)) == 2
        parents = [succeeded(crowd.anyone.get(path(each))).json()["parent_id"] for each in ring]
        assert parents.count(None) == 1


def path(category: Json) -> str:
    return f"/categories/{category['id']}"


def test_a_category_is_deleted_or_gets_a_child(crowd: Branch) -> None:
    shop = crowd.sales.shop
    for _ in range(ROUNDS):
        parent = shop.category()
        child = {"name": formats.word(), "parent_id": parent["id"]}
        made, gone = at_once(
            [
                patient(crowd.admin.post, "/categories", child),
                patient(crowd.admin.delete, path(parent), "*"),
            ]
        )
        assert made.is_success != gone.is_success
        assert made.status_code in {201, 422}
        all_refused([gone], "category-in-use")


def test_an_author_is_deleted_or_writes_a_book(crowd: Branch) -> None:
    shop = crowd.sales.shop
    for _ in range(ROUNDS):
        author = shop.author()
        body = shop.book_members(author_ids=[author["id"]])
        made, gone = at_once(
            [
                patient(crowd.admin.post, "/books", body),
                patient(crowd.admin.delete, f"/authors/{author['id']}", "*"),
            ]
        )
        assert made.is_success != gone.is_success
        assert made.status_code in {201, 422}
        all_refused([gone], "author-in-use")


def test_an_author_is_renamed_while_books_get_that_author(crowd: Branch) -> None:
    """What a book is found by is kept beside it: none may be left with the old name."""
    shop, staff = crowd.sales.shop, crowd.admin
    for _ in range(ROUNDS):
        author, other = shop.author(), shop.book()
        members, new = {"author_ids": [author["id"]]}, formats.word()
        answers = at_once(
            [
                patient(staff.post, "/books", shop.book_members(**members)),
                patient(staff.patch, f"/authors/{author['id']}", {"name": new}, "*"),
                patient(staff.patch, f"/books/{other['id']}", members, "*"),
                patient(staff.post, "/books", shop.book_members(**members)),
            ]
        )
        assert all(answer.is_success for answer in answers), statuses(answers)
        books = {answer.json()["id"] for answer in answers} - {author["id"]}
        assert {book["id"] for book in staff.walk("/books", q=new)} == books
        assert staff.walk("/books", q=author["name"].split()[-1]) == []


# --- Imports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("author_is", ["new", "known"])
def test_imports_of_the_same_books_make_each_once(crowd: Branch, author_is: str) -> None:
    shop, author = crowd.sales.shop, formats.word()
    if author_is == "known":  # and so keeps nobody waiting who makes the same one
        shop.author(author)
    books: list[Json] = [
        {"isbn": formats.isbn(), "title": f"{author} {number}", "authors": [{"name": author}]}
        for number in range(12)
    ]
    rows = [row_of({**book, "price": {"amount": 500}}) for book in books]

    def load(stock: int) -> httpx.Response:
        shuffled = random.sample(rows, len(rows))
        return patiently(lambda: shop.import_rows([{**each, "stock": stock} for each in shuffled]))

    answers = at_once([partial(load, stock) for stock in range(1, 7)])
    assert statuses(answers) == {200: 6}
    reports = [answer.json() for answer in answers]
    assert sum(report["created"] for report in reports) == len(rows)
    assert sum(report["updated"] for report in reports) == 5 * len(rows)
    listed = crowd.anyone.walk("/books", q=author, limit=100)
    assert sorted(book["isbn"] for book in listed) == sorted(book["isbn"] for book in books)
    assert len({book["authors"][0]["id"] for book in listed}) == 1
    # An import is one transaction: all books have the stock of the same one, the last.
    assert len({crowd.sales.stock(book) for book in listed}) == 1


def test_an_author_is_deleted_while_a_book_is_imported(crowd: Branch) -> None:
    shop = crowd.sales.shop
    for _ in range(ROUNDS):
        author, title = shop.author(), formats.word()
        book: Json = {"isbn": formats.isbn(), "title": title, "authors": [author]}
        line = row_of({**book, "price": {"amount": 500}})
        made, gone = at_once(
            [
                patient(shop.import_rows, [line]),
                patient(crowd.admin.delete, f"/authors/{author['id']}", "*"),
            ]
        )
        assert succeeded(made, 200).json()["created"] == 1
        all_refused([gone], "author-in-use")
        (made_book,) = crowd.anyone.walk("/books", q=title)
        (writer,) = made_book["authors"]
        assert writer["name"] == author["name"]
        assert (writer["id"] == author["id"]) != gone.is_success


def test_an_import_beside_orders_and_adjustments(crowd: Branch, buyers: list[Client]) -> None:
    sales = crowd.sales
    books = sales.books(4, copies=100)
    for buyer in buyers[:8]:
        sales.fill(buyer, *((book, 1) for book in random.sample(books, len(books))))
    rows = [row_of(book, stock=50) for book in reversed(books)]
    calls: list[Call] = [patient(sales.place, buyer) for buyer in buyers[:8]]
    calls += [patient(sales.shop.import_rows, rows)] * 2
    calls += [
        patient(sales.shop.adjust, book, {"delta": 1, "reason": "returned"}) for book in books
    ]
    answers = at_once(calls)
    assert statuses(answers) == {201: 8 + len(books), 200: 2}
    for book in books:
        on_hand, reserved = sales.stock(book)
        assert on_hand in {50, 51}
        assert reserved == 8


# --- Stock ----------------------------------------------------------------------------------------


def test_no_more_copies_go_than_there_are(crowd: Branch, buyers: list[Client]) -> None:
    sales, book = crowd.sales, crowd.sales.book(20)
    sales.order(buyers[0], (book, 10))
    loss = {"delta": -3, "reason": "lost"}
    answers = at_once([patient(sales.shop.adjust, book, loss) for _ in range(8)])
    assert statuses(answers) == {201: 3, 409: 5}
    all_refused(answers, "insufficient-stock")
    assert sorted(answer.json()["on_hand"] for answer in successes(answers)) == [11, 14, 17]
    assert sales.stock(book) == (11, 10)


def test_copies_are_ordered_or_written_off(crowd: Branch, buyers: list[Client]) -> None:
    sales = crowd.sales
    for buyer in buyers[:ROUNDS]:
        book = sales.book(5)
        sales.fill(buyer, (book, 3))
        calls: list[Call] = [
            patient(sales.place, buyer),
            patient(sales.shop.adjust, book, {"delta": -4, "reason": "damaged"}),
        ]
        placed, _ = answers = at_once(calls)
        one_of(answers, "insufficient-stock")
        assert sales.stock(book) == ((5, 3) if placed.is_success else (1, 0))
        succeeded(buyer.delete("/cart"), 204)


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
    for buyer in buyers[22:28]:
        book = sales.shop.book()
        succeeded(sales.shop.import_rows([row_of(book)]))
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
