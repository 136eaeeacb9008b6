"""How long the shop keeps things: answers to repeated requests, carts, unpaid orders."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from harness import formats, rows
from harness.branch import Branch, open_branch
from harness.client import refused, succeeded
from harness.people import Person
from harness.shop import Shop
from harness.target import Ground

KEY_LIFE, CART_LIFE = timedelta(days=7), timedelta(days=30)
A_WHILE = timedelta(minutes=5)
ORDER_LIFE = timedelta(seconds=4000)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def branch(ground: Ground) -> Iterator[Branch]:
    expiry = str(int(ORDER_LIFE.total_seconds()))
    with open_branch(ground, "retention", pays=False, ORDER_EXPIRY_SECONDS=expiry) as branch:
        yield branch


@pytest.fixture
def store(branch: Branch) -> Iterator[Redis]:
    """What the branch keeps in Redis (storage.md, Redis keys)."""
    with Redis.from_url(branch.server.environment["BOOKSTORE_REDIS_URL"]) as store:
        yield store


def cart_of(customer: Person) -> str:
    return f"bookstore:cart:{customer.id}"


def test_an_idempotency_key_counts_for_seven_days(branch: Branch) -> None:
    shop, key = Shop(branch.admin), formats.word()
    book, url = shop.book(), branch.server.database_url

    def adjust(delta: int, *, age: timedelta) -> tuple[int, bool]:
        """How many copies the answer counts, and whether it is one from before."""
        made = datetime.now(UTC) - age
        rows.set_moment(url, "idempotency_keys", "created_at", {"key": key}, made)
        answer = succeeded(shop.adjust(book, {"delta": delta, "reason": "received"}, key), 201)
        return answer.json()["on_hand"], "Idempotency-Replayed" in answer.headers

    assert adjust(5, age=timedelta(0)) == (5, False)
    assert adjust(5, age=KEY_LIFE - A_WHILE) == (5, True)
    assert adjust(5, age=KEY_LIFE + A_WHILE) == (10, False)
    assert adjust(5, age=timedelta(0)) == (10, True)
    assert adjust(1, age=KEY_LIFE + A_WHILE) == (11, False), "it may stand for another request"


def test_a_cart_is_kept_for_thirty_days_from_its_last_change(branch: Branch, store: Redis) -> None:
    customer, (book, other) = branch.customer(), branch.sales.books(2)
    name = cart_of(customer)

    def left() -> timedelta:
        return timedelta(milliseconds=store.pttl(name))

    branch.sales.put(customer.client, book)
    assert CART_LIFE - A_WHILE < left() <= CART_LIFE
    store.pexpire(name, A_WHILE)
    succeeded(customer.client.get("/cart"), 200)
    assert left() <= A_WHILE, "who looks changes nothing"
    branch.sales.put(customer.client, other)
    assert CART_LIFE - A_WHILE < left() <= CART_LIFE
    store.pexpire(name, A_WHILE)
    succeeded(customer.client.delete(f"/cart/items/{book['id']}"), 204)
    assert CART_LIFE - A_WHILE < left() <= CART_LIFE
    succeeded(customer.client.delete(f"/cart/items/{other['id']}"), 204)
    assert not store.exists(name)


def test_a_cart_that_outlived_its_order_is_discarded(branch: Branch, store: Redis) -> None:
    customer = branch.customer()
    branch.sales.fill(customer.client)
    cart = store.get(cart_of(customer))
    assert cart
    order = succeeded(branch.sales.place(customer.client), 201).json()
    store.set(cart_of(customer), cart)  # as if the shop had been cut off just before
    refused(branch.sales.place(customer.client), 409, "cart-empty")
    assert not store.exists(cart_of(customer))
    assert [each["id"] for each in customer.client.walk("/orders")] == [order["id"]]


def test_an_order_waits_as_long_as_the_setting_says(branch: Branch) -> None:
    order = branch.sales.order(branch.buyer)
    moments = [datetime.fromisoformat(order[name]) for name in ("created_at", "expires_at")]
    assert abs(moments[1] - moments[0] - ORDER_LIFE) < timedelta(seconds=1)
