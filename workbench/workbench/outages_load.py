"""Customers who go on buying whatever happens, and who remember what they were told was done."""

import secrets
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import httpx

from workbench.processes import FailedError
from workbench.shops import DEMO_ADDRESS, DEMO_PASSWORD

ADMIN = "admin@bookstore.example"
PATIENCE_SECONDS = 60.0
"""How long a customer repeats a request, at most."""

PAUSE_SECONDS = 0.2
Json = dict[str, Any]


@dataclass
class Told:
    """What clients were told, and how long somebody waited for an answer at most, in seconds."""

    answered: int = 0
    unavailable: int = 0
    other_failures: int = 0
    broken: int = 0
    longest_wait: float = 0.0


class Load:
    """Customers of one address, each in a thread; enter it to let them in."""

    def __init__(self, url: str, customers: int) -> None:
        """At this address."""
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._pool = ThreadPoolExecutor(customers)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._told = Told()
        self._orders: set[str] = set()
        self._bought = [0] * customers
        self._buyers: list[Future[None]] = []
        self.last_failure = ""

    def __enter__(self) -> Self:
        """Open the doors: a book that nobody else buys, plenty of it."""
        self._admin = self._session(ADMIN, DEMO_PASSWORD)
        self._book = self._new_book()
        self._buyers = [self._pool.submit(self._buy, each) for each in range(len(self._bought))]
        return self

    def __exit__(self, *_: object) -> None:
        """Close, whatever has happened."""
        self._closing.set()
        self._pool.shutdown()
        self._client.close()

    @property
    def acknowledged(self) -> int:
        """How many orders somebody was told are paid."""
        return len(self._orders)

    def told(self) -> Told:
        """What was told since it was asked last."""
        with self._lock:
            told, self._told = self._told, Told()
        return told

    def all_buy(self, *, seconds: float) -> bool:
        """Whether every customer buys something from now on within so many seconds."""
        before, deadline = list(self._bought), time.monotonic() + seconds
        while not all(now > then for now, then in zip(self._bought, before, strict=True)):
            if time.monotonic() > deadline or any(buyer.done() for buyer in self._buyers):
                return False
            time.sleep(0.1)
        return True

    def end(self) -> None:
        """Let everybody finish. Raises what a customer came upon."""
        self._closing.set()
        for buyer in self._buyers:
            buyer.result()

    def lost(self) -> list[str]:
        """What was acknowledged and is not so; whether the stock knows of every order."""
        lost = []
        for order_id in sorted(self._orders):
            answer = self._client.get(f"/orders/{order_id}", headers=self._admin)
            if answer.status_code != httpx.codes.OK or answer.json()["state"] != "paid":
                lost.append(f"order {order_id}: {answer.text[:200]}")
        stock = self._client.get(f"/books/{self._book}", headers=self._admin).json()["stock"]
        if stock["reserved"] < len(self._orders):
            lost.append(f"{len(self._orders)} copies are paid, {stock['reserved']} reserved")
        return lost

    def _new_book(self) -> str:
        author = {"name": f"Author {secrets.token_hex(6)}"}
        author_id = self._sent("POST", "/authors", self._admin, author)["id"]
        digits = f"978{secrets.randbelow(10**9):09}"
        check = -sum(int(digit) * (1, 3)[i % 2] for i, digit in enumerate(digits)) % 10
        price = {"amount": 999, "currency": "EUR"}
        book = {"isbn": f"{digits}{check}", "title": "Outages", "author_ids": [author_id]}
        book_id: str = self._sent("POST", "/books", self._admin, {**book, "price": price})["id"]
        stock = {"delta": 1_000_000, "reason": "received"}
        self._sent("POST", f"/books/{book_id}/stock-adjustments", self._admin, stock)
        return book_id

    def _buy(self, number: int) -> None:
        """Sign up, and buy a copy again and again until the doors close."""
        email = f"customer-{secrets.token_hex(6)}@bookstore.example"
        person = {"email": email, "name": "A customer", "password": DEMO_PASSWORD}
        self._sent("POST", "/users", {}, person)
        session = self._session(email, DEMO_PASSWORD)
        while not self._closing.is_set():
            item = f"/cart/items/{self._book}"
            self._sent("PUT", item, session, {"quantity": 1})
            address = {"shipping_address": DEMO_ADDRESS}
            order = self._sent("POST", "/orders", session, address, forgives="cart-empty")
            if "id" not in order:
                continue  # the store has lost the cart: that is all it may lose
            path = f"/orders/{order['id']}/payments"
            paid = self._sent("POST", path, session, {"payment_method": "pm_card_visa"})
            if paid["status"] == "captured":
                self._orders.add(order["id"])
            self._bought[number] += 1
            self._closing.wait(PAUSE_SECONDS)

    def _session(self, email: str, password: str) -> dict[str, str]:
        tokens = self._sent("POST", "/auth/login", {}, {"email": email, "password": password})
        return {"Authorization": f"Bearer {tokens['access_token']}"}

    def _sent(
        self, method: str, path: str, headers: Json, body: Json, *, forgives: str = "-"
    ) -> Json:
        """The answer to a request that is repeated, under the same key, until it is served."""
        headers = {**headers, "Idempotency-Key": secrets.token_hex(16)}
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE_SECONDS:
            answer = self._tried(method, path, headers, body)
            if answer is not None and answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                with self._lock:
                    waited = time.monotonic() - began
                    self._told.longest_wait = max(self._told.longest_wait, waited)
                if not answer.is_success and forgives not in answer.text:
                    raise FailedError(f"{method} {path}: {answer.status_code} {answer.text}")
                return dict(answer.json())
            time.sleep(PAUSE_SECONDS)
        raise FailedError(f"{method} {path} was not served in {PATIENCE_SECONDS:.0f} s")

    def _tried(self, method: str, path: str, headers: Json, body: Json) -> httpx.Response | None:
        """One attempt, counted."""
        try:
            answer = self._client.request(method, path, headers=headers, json=body)
        except httpx.TransportError as error:
            with self._lock:
                self._told.broken += 1
                self.last_failure = repr(error)
            return None
        with self._lock:
            self._told.answered += 1
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                self.last_failure = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
                if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    self._told.unavailable += 1
                else:
                    self._told.other_failures += 1
        return answer
