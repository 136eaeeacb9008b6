"""The requests that are measured, each as a customer sends it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import httpx

from workbench.processes import FailedError
from workbench.shops import DEMO_ADDRESS, DEMO_PASSWORD, Shop

EMAIL = "reader@bookstore.example"


@dataclass(frozen=True)
class Customer:
    """Somebody with a session, a book that they buy, and one that they only look at."""

    client: httpx.Client
    session: dict[str, str]
    bought: str
    seen: str
    tag: str
    """The entity tag of that one."""

    @classmethod
    @contextmanager
    def of(cls, shop: Shop) -> Iterator["Customer"]:
        """A demo user of a shop, with one connection to it."""
        session = {"Authorization": f"Bearer {shop.token(EMAIL)}"}
        with shop.client() as client:
            listed = client.get("/books", params={"limit": 100, "in_stock": "true"}).json()["items"]
            listed.sort(key=lambda book: int(book["stock"]["available"]))
            seen, bought = listed[0]["id"], listed[-1]["id"]
            tag = client.get(f"/books/{seen}").headers["ETag"]
            yield cls(client, session, bought, seen, tag)

    def ask(self, method: str, path: str, status: int, **options: object) -> httpx.Response:
        """An answer. Raises FailedError if it is another one: that would measure nothing."""
        answer = self.client.request(method, path, **options)  # type: ignore[arg-type]  # the options are only passed on
        if answer.status_code != status:
            raise FailedError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def put_into_cart(self) -> None:
        """A copy of the book."""
        self.ask(
            "PUT", f"/cart/items/{self.bought}", 200, json={"quantity": 1}, headers=self.session
        )

    def buy(self) -> None:
        """A copy of the book, paid at once; and cancelled, so that the stock lasts."""
        self.put_into_cart()
        order = self._once("/orders", 201, {"shipping_address": DEMO_ADDRESS}).json()
        self._once(f"/orders/{order['id']}/payments", 201, {"payment_method": "pm_card_visa"})
        self._once(f"/orders/{order['id']}/cancellation", 200, None)

    def _once(self, path: str, status: int, body: object) -> httpx.Response:
        headers = {**self.session, "Idempotency-Key": secrets.token_hex(16)}
        options = {} if body is None else {"json": body}
        return self.ask("POST", path, status, headers=headers, **options)


class Case(NamedTuple):
    """A kind of request, and how many of the plainest it is worth."""

    name: str
    send: Callable[[Customer], object]
    weight: int = 1


CREDENTIALS = {"email": EMAIL, "password": DEMO_PASSWORD}

CASES = (
    Case("GET /health/live", lambda the: the.ask("GET", "/health/live", 200)),
    Case("GET /books/{id}", lambda the: the.ask("GET", f"/books/{the.seen}", 200)),
    Case(
        "GET /books/{id}, not modified",
        lambda the: the.ask("GET", f"/books/{the.seen}", 304, headers={"If-None-Match": the.tag}),
    ),
    Case("GET /books?limit=20", lambda the: the.ask("GET", "/books?limit=20", 200)),
    Case("GET /books?q=the&limit=20", lambda the: the.ask("GET", "/books?q=the&limit=20", 200)),
    Case("GET /users/me", lambda the: the.ask("GET", "/users/me", 200, headers=the.session)),
    Case("PUT /cart/items/{id}", Customer.put_into_cart),
    Case(
        "POST /auth/login",
        lambda the: the.ask("POST", "/auth/login", 200, json=CREDENTIALS),
        weight=10,
    ),
    Case("cart, order, payment, cancellation", Customer.buy, weight=10),
)
