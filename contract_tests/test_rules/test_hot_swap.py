"""Several implementations share a database, a Redis server and a provider, as one shop."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from harness import people
from harness.branch import Branch, open_branch
from harness.client import Client, location, refused, succeeded
from harness.people import Person
from harness.sales import Sales, path_of
from harness.server import Implementation, Server, implementations
from harness.shop import Shop, price
from harness.target import Ground

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Street:
    """Servers of several implementations on one database; the tested one is the first."""

    branch: Branch
    doors: list[Client]

    def door(self, number: int, token: str | None = None) -> Client:
        """Return a client of a server, with a token or without; numbers wrap around."""
        return self.doors[number % len(self.doors)].bearing(token)

    def sales(self, number: int) -> Sales:
        """Return the sales of a shop that uses a server."""
        return Sales(Shop(self.door(number, self.branch.admin.token)))


@pytest.fixture(scope="module")
def street(ground: Ground) -> Iterator[Street]:
    own = ground.implementation.name
    siblings = [name for name in implementations() if name != own]
    if not siblings:
        pytest.skip("needs the environments of several implementations")
    with open_branch(ground, "street") as branch:
        servers = [ground.beside(branch.server, Implementation(name)) for name in siblings]
        with ThreadPoolExecutor(len(servers)) as pool:
            list(pool.map(Server.migrate, servers))
            list(pool.map(Server.start, servers))
        doors = [branch.anyone, *(Client(server.url) for server in servers)]
        yield Street(branch, doors)
        for door in doors[1:]:
            door.close()
        for server in servers:
            server.stop()


@pytest.fixture(params=[0, 1, 2], ids=["from the first", "from the second", "from the third"])
def first(request: pytest.FixtureRequest) -> int:
    """The number of the server that gets the first request of a test."""
    return int(request.param)


def at(street: Street, number: int, person: Person) -> Client:
    """A customer at another door, with the token they have."""
    return street.door(number, person.client.token)


def test_a_purchase_wanders_from_door_to_door(street: Street, first: int) -> None:
    person = people.new_customer(street.door(first))
    book = street.sales(first + 1).book(5, price=price(1299))
    street.sales(first).fill(at(street, first, person), (book, 2))
    tag = at(street, first, person).etag("/cart")
    seen = [succeeded(at(street, first + n, person).get("/cart")) for n in range(3)]
    assert {(answer.content, answer.headers["ETag"]) for answer in seen} == {(seen[0].content, tag)}
    order = succeeded(street.sales(0).place(at(street, first + 1, person)), 201).json()
    for number in range(3):
        assert succeeded(at(street, number, person).get("/cart")).json()["items"] == []
        answer = succeeded(at(street, number, person).get(path_of(order)))
        assert answer.json() == order
    payment = street.sales(0).payment(at(street, first + 2, person), order)
    assert payment["status"] == "captured"
    path = f"/payments/{payment['id']}"
    answers = [succeeded(at(street, number, person).get(path)) for number in range(3)]
    assert len({(answer.content, answer.headers["ETag"]) for answer in answers}) == 1
    succeeded(street.sales(first).ship(order), 200)
    succeeded(street.sales(first + 1).refund(order, 299), 201)
    succeeded(street.sales(first + 2).deliver(order), 200)
    created = succeeded(street.sales(0).review(at(street, first, person), book, rating=4), 201)
    review = location(created)
    tags = {street.door(number).etag(review) for number in range(3)}
    assert tags == {created.headers["ETag"]}
    changed = at(street, first + 1, person).patch(review, {"rating": 3}, tags.pop())
    assert succeeded(changed, 200).json()["rating"] == 3
    for number in range(3):
        sales = street.sales(number)
        assert sales.stock(book) == (3, 0)
        rating = succeeded(sales.staff.get(f"/books/{book['id']}")).json()["rating"]
        assert rating == {"average": 3.0, "count": 1}
    assert street.branch.sandbox.moved(payment["id"]) == (2598, 299)


def test_a_key_is_known_behind_every_door(street: Street, first: int) -> None:
    person = people.new_customer(street.door(first))
    sales = street.sales(first)
    sales.fill(at(street, first, person))
    placed = succeeded(sales.place(at(street, first, person), "one"), 201)
    for number in (1, 2):
        again = succeeded(sales.place(at(street, first + number, person), "one"), 201)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert location(again) == location(placed)
        for name in ("ETag", "Content-Type"):
            assert again.headers[name] == placed.headers[name]
        assert again.json() == placed.json()
    paid = succeeded(sales.pay(at(street, first + 1, person), placed.json(), key="two"), 201)
    again = succeeded(sales.pay(at(street, first, person), placed.json(), key="two"), 201)
    assert again.json() == paid.json()
    assert street.branch.sandbox.charges(paid.json()["id"]) == 1


def test_cursors_lead_on_behind_every_door(street: Street, first: int) -> None:
    person = people.new_customer(street.door(first))
    sales = street.sales(first)
    placed = [sales.order(at(street, first + number, person))["id"] for number in range(6)]
    seen = []
    cursor = None
    for number in range(6):
        params = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = succeeded(at(street, first + number, person).get("/orders", params=params)).json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert [order["id"] for order in seen] == placed[::-1]


def test_a_pending_payment_is_settled_by_another(street: Street, first: int) -> None:
    person = people.new_customer(street.door(first))
    sales, sandbox = street.sales(first), street.branch.sandbox
    order = sales.order(at(street, first, person))
    with sandbox.mute(), sandbox.misbehaving("createPayment", "drop_after"):
        payment = succeeded(sales.pay(at(street, first + 1, person), order), 202).json()
    refused(sales.pay(at(street, first + 2, person), order), 409, "payment-in-progress")
    (event,) = sandbox.events(payment["id"])
    sandbox.deliver(event)  # to the first door
    for number in range(3):
        assert street.sales(number).now(order)["state"] == "paid"
    cancelled = street.sales(first + 2).cancel(at(street, first + 2, person), order)
    assert succeeded(cancelled, 200).json()["refunded"] == order["total"]
    assert sandbox.moved(payment["id"]) == (order["total"]["amount"],) * 2


def test_reports_are_the_same_behind_every_door(street: Street) -> None:
    order = street.sales(0).paid(street.branch.buyer)
    day = order["paid_at"][:10]
    reports = []
    for number in range(3):
        for group_by in ("day", "month", "category", "book"):
            params = {"from": day, "to": day, "group_by": group_by}
            admin = street.sales(number).staff
            reports.append(succeeded(admin.get("/reports/sales", params=params)).json())
    assert reports[:4] == reports[4:8] == reports[8:]


def test_a_logout_ends_a_session_behind_every_door(street: Street, first: int) -> None:
    person = people.new_customer(street.door(first))
    succeeded(at(street, first + 1, person).post("/auth/logout"), 204)
    for number in range(3):
        refused(at(street, number, person).get("/cart"), 401, "unauthenticated")


def test_every_implementation_accepts_passwords_and_refresh_tokens_of_the_others(
    street: Street, first: int
) -> None:
    person = people.new_customer(street.door(first))
    token = person.refresh_token
    for number in (1, 2, 3):
        people.log_in(street.door(first + number), person.email)
        answer = street.door(first + number).post("/auth/refresh", {"refresh_token": token})
        token = succeeded(answer, 200).json()["refresh_token"]


REFUSED: tuple[tuple[str, str, dict[str, str | None]], ...] = (
    ("GET", "/nonsense", {}),
    ("GET", "/books/nonsense", {}),
    ("PUT", "/books", {}),
    ("GET", "/users/me", {"Authorization": None}),
    ("GET", "/users/me", {"Authorization": "Bearer nonsense"}),
)


@pytest.mark.parametrize(("method", "path", "headers"), REFUSED)
def test_refusal_has_the_same_text_on_every_server(
    street: Street, method: str, path: str, headers: dict[str, str | None]
) -> None:
    """A client that repeats a request cannot see that another implementation answers it."""
    token = street.branch.admin.token
    answers = [door.bearing(token).request(method, path, headers=headers) for door in street.doors]
    problems = [{**answer.json(), "request_id": None} for answer in answers]
    assert problems == problems[:1] * len(problems)
