"""Customers that keep buying during outages and record which orders the shop acknowledged."""

import secrets
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import httpx

from workbench.processes import FailedError
from workbench.shops import DEMO_ADDRESS, DEMO_CARD, DEMO_PASSWORD

ADMIN = "admin@bookstore.example"
RETRY_SECONDS = 60.0
"""How long a customer retries a request, at most."""

PAUSE_SECONDS = 0.2
Json = dict[str, Any]


@dataclass
class Responses:
    """Counts of responses, and the longest time that a customer waited for success, in seconds."""

    total: int = 0
    unavailable: int = 0
    """Responses with status 503."""
    other_failures: int = 0
    """Responses with another 5xx status."""
    broken_connections: int = 0
    longest_wait: float = 0.0


class Load:
    """Customers of one shop, each in a thread. They buy from entering the block until `end`."""

    def __init__(self, url: str, customers: int) -> None:
        """Take the URL of the shop and the number of customers."""
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._pool = ThreadPoolExecutor(customers)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._responses = Responses()
        self._orders: set[str] = set()
        self._bought = [0] * customers
        self._buyers: list[Future[None]] = []
        self.last_failure = ""

    def __enter__(self) -> Self:
        """Create a book that no other client buys, with a large stock, and start the customers."""
        self._admin = self._session(ADMIN, DEMO_PASSWORD)
        self._book = self._new_book()
        self._buyers = [self._pool.submit(self._buy, each) for each in range(len(self._bought))]
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the customers and close their connections."""
        self._stopping.set()
        self._pool.shutdown()
        self._client.close()

    @property
    def acknowledged(self) -> int:
        """The number of orders that the shop acknowledged as paid."""
        return len(self._orders)

    def take_responses(self) -> Responses:
        """Return the responses since the last call."""
        with self._lock:
            responses, self._responses = self._responses, Responses()
        return responses

    def all_buy(self, *, seconds: float) -> bool:
        """Wait until every customer has bought again; return False if that takes too long."""
        before, deadline = list(self._bought), time.monotonic() + seconds
        while not all(now > then for now, then in zip(self._bought, before, strict=True)):
            if time.monotonic() > deadline or any(buyer.done() for buyer in self._buyers):
                return False
            time.sleep(0.1)
        return True

    def end(self) -> None:
        """Let the customers finish. Raises the exception that ended a customer, if any."""
        self._stopping.set()
        for buyer in self._buyers:
            buyer.result()

    def lost(self) -> list[str]:
        """Describe each acknowledged order that is missing, unpaid or not reserved in the stock."""
        lost = []
        for order_id in sorted(self._orders):
            response = self._client.get(f"/orders/{order_id}", headers=self._admin)
            if response.status_code != httpx.codes.OK or response.json()["state"] != "paid":
                lost.append(f"order {order_id}: {response.text[:200]}")
        stock = self._client.get(f"/books/{self._book}", headers=self._admin).json()["stock"]
        if stock["reserved"] < len(self._orders):
            lost.append(f"{len(self._orders)} copies are paid, {stock['reserved']} reserved")
        return lost

    def _new_book(self) -> str:
        author = {"name": f"Author {secrets.token_hex(6)}"}
        author_id = self._send("POST", "/authors", self._admin, author)["id"]
        digits = f"978{secrets.randbelow(10**9):09}"
        check = -sum(int(digit) * (1, 3)[i % 2] for i, digit in enumerate(digits)) % 10
        price = {"amount": 999, "currency": "EUR"}
        book = {"isbn": f"{digits}{check}", "title": "Outages", "author_ids": [author_id]}
        book_id: str = self._send("POST", "/books", self._admin, {**book, "price": price})["id"]
        stock = {"delta": 1_000_000, "reason": "received"}
        self._send("POST", f"/books/{book_id}/stock-adjustments", self._admin, stock)
        return book_id

    def _buy(self, number: int) -> None:
        """Register a customer, and buy one copy after the other until the load ends."""
        email = f"customer-{secrets.token_hex(6)}@bookstore.example"
        person = {"email": email, "name": "A customer", "password": DEMO_PASSWORD}
        self._send("POST", "/users", {}, person)
        session = self._session(email, DEMO_PASSWORD)
        while not self._stopping.is_set():
            item = f"/cart/items/{self._book}"
            self._send("PUT", item, session, {"quantity": 1})
            address = {"shipping_address": DEMO_ADDRESS}
            order = self._send("POST", "/orders", session, address, ignored="cart-empty")
            if "id" not in order:
                continue  # the store lost the cart, which is the only data it may lose
            path = f"/orders/{order['id']}/payments"
            paid = self._send("POST", path, session, {"payment_method": DEMO_CARD})
            if paid["status"] == "captured":
                self._orders.add(order["id"])
            self._bought[number] += 1
            self._stopping.wait(PAUSE_SECONDS)

    def _session(self, email: str, password: str) -> dict[str, str]:
        tokens = self._send("POST", "/auth/login", {}, {"email": email, "password": password})
        return {"Authorization": f"Bearer {tokens['access_token']}"}

    def _send(
        self, method: str, path: str, headers: Json, body: Json, *, ignored: str = ""
    ) -> Json:
        """Retry a request with one idempotency key until the status is below 500; return the body.

        Raises FailedError for a 4xx, unless its body contains `ignored`, and after RETRY_SECONDS.
        """
        headers = {**headers, "Idempotency-Key": secrets.token_hex(16)}
        began = time.monotonic()
        while time.monotonic() < began + RETRY_SECONDS:
            response = self._try(method, path, headers, body)
            if response is not None and response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                with self._lock:
                    waited = time.monotonic() - began
                    self._responses.longest_wait = max(self._responses.longest_wait, waited)
                if not response.is_success and not (ignored and ignored in response.text):
                    raise FailedError(f"{method} {path}: {response.status_code} {response.text}")
                return dict(response.json())
            time.sleep(PAUSE_SECONDS)
        raise FailedError(f"{method} {path} failed for {RETRY_SECONDS:.0f} s")

    def _try(self, method: str, path: str, headers: Json, body: Json) -> httpx.Response | None:
        """Send a request once and count its response; return None if the connection broke."""
        try:
            response = self._client.request(method, path, headers=headers, json=body)
        except httpx.TransportError as error:
            with self._lock:
                self._responses.broken_connections += 1
                self.last_failure = repr(error)
            return None
        with self._lock:
            self._responses.total += 1
            if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                self.last_failure = f"{method} {path}: {response.status_code} {response.text[:300]}"
                if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    self._responses.unavailable += 1
                else:
                    self._responses.other_failures += 1
        return response
