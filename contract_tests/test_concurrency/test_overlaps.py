"""Two transactions that overlap: the second one has to wait for the lock of the first one.

Only PostgreSQL runs two writers at a time. The first one is held where it updates a table.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from harness import formats, rows
from harness.branch import Branch
from harness.client import succeeded
from harness.commands import expire, pending
from harness.contract import Json
from harness.databases import SQLITE
from harness.events import CAPTURED, PATH, Events
from harness.processes import eventually
from harness.webhooks import SECRETS, headers
from test_concurrency.crowd import Call, one_of
from test_faults.stall import stalled, transactions_that_wait

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _(market: Branch) -> None:
    if market.server.database_url.startswith(SQLITE):
        pytest.skip("SQLite lets one writer in at a time: no two overlap")


@contextmanager
def overlapping(
    branch: Branch, table: str, first: Callable[[], object], second: Callable[[], object]
) -> Iterator[list[Future[Json]]]:
    """The results of both, once the block is entered.

    The second request is sent when the first one is about to update a table, and has time until it
    waits as well, or is done: then the first one goes on.
    """
    url = branch.server.database_url
    with ThreadPoolExecutor(2) as pool:
        with stalled(url, table, "UPDATE"):
            running = [pool.submit(first)]
            assert eventually(lambda: transactions_that_wait(url) == 1)
            running.append(pool.submit(second))
            assert eventually(lambda: transactions_that_wait(url) == 2 or running[1].done())
        yield running


def patch(branch: Branch, path: str, **members: Json) -> Call:
    """A change, whatever there is by then."""
    return lambda: branch.admin.patch(path, members, "*")


def test_two_moves_that_share_no_row_make_no_cycle(market: Branch) -> None:
    """Each category goes below the other one's child (storage.md, Locks: 7210001)."""
    shop = market.sales.shop
    above = [shop.category() for _ in range(2)]
    below = [shop.category(parent=parent) for parent in above]
    moves = [
        patch(market, f"/categories/{category['id']}", parent_id=parent["id"])
        for category, parent in zip(above, below[::-1], strict=True)
    ]
    with overlapping(market, "categories", *moves) as running:
        one_of([each.result() for each in running], "category-cycle")


def test_an_order_does_not_expire_while_its_payment_is_settled(market: Branch) -> None:
    """An event has found the order unpaid, and has not stored yet that it is paid."""
    sales, book = market.sales, market.sales.book(3)
    order = sales.order(market.buyer, (book, 1))
    payment = pending(market, order, "drop_before")
    past = datetime.now(UTC) - timedelta(hours=1)
    rows.set_moment(market.server.database_url, "orders", "expires_at", order, past)
    content = Events.event(CAPTURED, payment)
    signed = {"Content-Type": "application/json", **headers(content, SECRETS[0])}

    def tell() -> httpx.Response:
        return market.anyone.post(PATH, content=content, headers=signed)

    with overlapping(market, "payments", tell, lambda: expire(market)) as (told, expired):
        succeeded(told.result(), 204)
        assert expired.result() == 0
    now = sales.now(order)
    assert (now["state"], now["captured"]) == ("paid", now["total"])
    assert sales.stock(book) == (3, 1)


def test_a_book_gets_a_title_while_its_author_is_renamed(market: Branch) -> None:
    """Neither is refused, and the book is found under both new names."""
    shop = market.sales.shop
    author = shop.author()
    book = shop.book(author_ids=[author["id"]])
    name, title = formats.word(), formats.word()
    changes = [
        patch(market, f"/authors/{author['id']}", name=name),
        patch(market, f"/books/{book['id']}", title=title),
    ]
    with overlapping(market, "authors", *changes) as running:
        for each in running:
            succeeded(each.result(), 200)
    for word in (name, title, f"{name} {title}"):
        assert [each["id"] for each in market.anyone.walk("/books", q=word)] == [book["id"]]
    for word in (author["name"].split()[-1], book["title"].split()[-1]):
        assert market.anyone.walk("/books", q=word) == []
