"""A floor gives the same answers as the shop, from the same database, byte by byte."""

import re
from collections.abc import Iterator

import pytest

from workbench.bench import customers
from workbench.bench.client import Answer, Client
from workbench.bench.measuring import Pair
from workbench.bench.servers import FLOORS, Servers
from workbench.databases import has_postgres
from workbench.shops import DEMO_ADDRESS, DEMO_PASSWORD

TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
TOKEN = rb'(?<="access_token":")[^"]+|(?<="refresh_token":")[^"]+'
ORDER = {"shipping_address": DEMO_ADDRESS}

pytestmark = pytest.mark.skipif(not has_postgres(), reason="needs a PostgreSQL server")


@pytest.fixture(scope="module", params=FLOORS)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """An implementation and its floor."""
    with Servers.open([request.param], 1, books=0, with_payments=False) as servers:
        yield servers.product_and_floor(request.param)


def shop_and_floor(pair: Pair) -> tuple[Client, Client]:
    """A client of each, with a fresh connection."""
    clients = pair.first.site.server, pair.second.site.server
    for client in clients:
        client.wake()
    return clients


@pytest.mark.parametrize(
    "path",
    [
        "/health/live",
        "/books/{book_id}",
        "/books?sort=newest&limit=20",
        "/books?q=the&sort=newest&limit=20",
        "/users/me",
    ],
)
def test_floor_returns_what_the_shop_returns(pair: Pair, path: str) -> None:
    site = pair.first.site
    path, session = path.format(book_id=site.book_id), site.customers[0].session
    shop, floor = (client.ask("GET", path, 200, headers=session) for client in shop_and_floor(pair))
    assert floor.body == shop.body
    assert floor.headers.get("etag") == shop.headers.get("etag")


def test_floor_returns_304_for_the_current_version_alone(pair: Pair) -> None:
    site = pair.first.site
    path = f"/books/{site.book_id}"
    for client in shop_and_floor(pair):
        unchanged = client.ask("GET", path, 304, headers={"If-None-Match": site.tag})
        assert (unchanged.body, unchanged.headers["etag"]) == (b"", site.tag)
        client.ask("GET", path, 200, headers={"If-None-Match": '"v0"'})


def test_floor_places_the_order_that_the_shop_places(pair: Pair) -> None:
    """The shop shows the floor's order, replays its answer, and finds the cart empty."""
    site, customer = pair.first.site, pair.first.site.customers[0]
    bodies = []
    for client in shop_and_floor(pair):
        customers.fill_cart(site, customer)
        once = customers.once(customer)
        placed = client.ask("POST", "/orders", 201, headers=once, body=ORDER)
        bodies.append(without_id_and_times(placed))
        replayed = site.shop.ask("POST", "/orders", 201, headers=once, body=ORDER)
        assert replayed.headers["idempotency-replayed"] == "true"
        assert replayed.body == placed.body
        path = f"/orders/{placed.json()['id']}"
        assert site.shop.ask("GET", path, 200, headers=customer.session).body == placed.body
        assert not site.shop.ask("GET", "/cart", 200, headers=customer.session).json()["items"]
    shop, floor = bodies
    assert floor == shop


def test_floor_reserves_the_copies_that_it_sells(pair: Pair) -> None:
    site, customer = pair.first.site, pair.first.site.customers[1]
    _, floor = shop_and_floor(pair)
    path = f"/books/{customer.book_id}"
    before = site.shop.ask("GET", path, 200).json()["stock"]["reserved"]
    customers.fill_cart(site, customer)
    floor.ask("POST", "/orders", 201, headers=customers.once(customer), body=ORDER)
    assert site.shop.ask("GET", path, 200).json()["stock"]["reserved"] == before + 1


def test_tokens_of_the_floor_are_good_at_the_shop(pair: Pair) -> None:
    customer = pair.first.site.customers[0]
    credentials = {"email": customer.email, "password": DEMO_PASSWORD}
    shop, floor = shop_and_floor(pair)
    of_shop, of_floor = (
        client.ask("POST", "/auth/login", 200, body=credentials) for client in (shop, floor)
    )
    assert re.sub(TOKEN, b"", of_floor.body) == re.sub(TOKEN, b"", of_shop.body)
    tokens = of_floor.json()
    session = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert shop.ask("GET", "/users/me", 200, headers=session).json()["email"] == customer.email
    shop.ask("POST", "/auth/refresh", 200, body={"refresh_token": tokens["refresh_token"]})


def without_id_and_times(order: Answer) -> bytes:
    """The body of an order, with a sign for its id and for each time."""
    body = order.body.replace(order.json()["id"].encode(), b"<id>")
    return re.sub(TIME, b"<time>", body)
