"""The tour of `make demo`: a customer and the staff send requests, and each response is checked."""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from workbench.demo.terminal import Screen
from workbench.processes import FailedError, Processes
from workbench.shops import DEMO_ADDRESS, DEMO_CARD, DEMO_PASSWORD

SEARCH = "hobbit"
STAFF = "staff@bookstore.example"


EVENT_SECONDS = 10.0

# The members of an order to show after it was shown in full once
MONEY = ("id", "state", "total", "captured", "refunded")
DELIVERY = ("id", "state", "carrier", "tracking_number", "shipped_at")

Json = dict[str, Any]


class Tour:
    """The steps of the demo, for one shop. An unexpected response raises FailedError."""

    def __init__(
        self,
        name: str,
        shop: httpx.Client,
        provider: httpx.Client,
        screen: Screen,
        processes: Processes,
    ) -> None:
        """Take the clients of a shop and of its provider."""
        self._name = name
        self._shop = shop
        self._provider = provider
        self._screen = screen
        self._processes = processes
        self._steps = 0
        self._requests = 0
        self._customer: dict[str, str] = {}
        self._staff: dict[str, str] = {}

    def run(self) -> None:
        """Run all steps."""
        self._register()
        book = self._find_a_book()
        self._fill_the_cart(book)
        order = self._place_the_order()
        self._show_the_reservation(book)
        payment = self._pay(order)
        self._receive_the_event(payment, order)
        self._ship(order)
        self._review(book)
        self._refund(order)
        self._report(order, book)
        self._compare_with_the_ledger(order, payment)
        self._screen.end(f"{self._name}: {self._requests} requests, all responses as expected.")

    def _register(self) -> None:
        self._step("Register", "Registration is public: it needs no token.")
        email = f"ada-{secrets.token_hex(3)}@bookstore.example"
        self._send(
            201,
            "POST",
            "/users",
            json={"email": email, "password": "correct horse battery", "name": "Ada Lovelace"},
        )
        self._step("Log in", "The response has a short-lived access token and a refresh token.")
        self._customer = self._log_in(email, "correct horse battery")

    def _log_in(self, email: str, password: str) -> dict[str, str]:
        response = self._send(
            200, "POST", "/auth/login", json={"email": email, "password": password}
        )
        return {"Authorization": f"Bearer {response.json()['access_token']}"}

    def _find_a_book(self) -> Json:
        self._step("Search", "Each word must start a word of the title, subtitle or an author.")
        found = self._send(200, "GET", "/books", params={"q": SEARCH, "limit": 1}).json()["items"]
        self._check(found, "a book was found")
        book: Json = found[0]
        return book

    def _fill_the_cart(self, book: Json) -> None:
        self._step("Put two copies into the cart", "The cart stores the price the customer saw.")
        cart = self._send(
            200, "PUT", f"/cart/items/{book['id']}", as_=self._customer, json={"quantity": 2}
        ).json()
        self._check(
            cart["total"]["amount"] == 2 * book["price"]["amount"], "the total is twice the price"
        )

    def _place_the_order(self) -> Json:
        self._step("Place the order", "One transaction reserves the stock and fixes the prices.")
        key = {"Idempotency-Key": f"order-{secrets.token_hex(4)}"}
        first = self._order(key, ())
        order: Json = first.json()
        self._check(order["state"] == "awaiting_payment", "the order awaits its payment")
        self._step(
            "Repeat the request",
            "With the same Idempotency-Key, the shop replays its response: no second order.",
        )
        again = self._order(key, MONEY)
        self._check(
            again.headers.get("Idempotency-Replayed") == "true" and again.json() == order,
            "the shop replayed the first response",
        )
        return order

    def _order(self, key: dict[str, str], members: tuple[str, ...]) -> httpx.Response:
        body = {"shipping_address": DEMO_ADDRESS}
        return self._send(
            201, "POST", "/orders", as_=self._customer, headers=key, json=body, members=members
        )

    def _show_the_reservation(self, book: Json) -> None:
        self._step("Read the book again", "Other customers cannot buy the reserved copies.")
        members = ("title", "price", "stock")
        response = self._send(200, "GET", f"/books/{book['id']}", members=members)
        left = book["stock"]["available"] - response.json()["stock"]["available"]
        self._check(left == 2, "two copies fewer are available")

    def _pay(self, order: Json) -> Json:
        self._step(
            "Make the provider fail once", "It responds to the next payment with status 503."
        )
        fault = {"on": "createPayment", "kind": "status", "status": 503}
        self._send(201, "POST", "/faults", provider=True, json=fault)
        self._step("Pay", "The shop retries with the same key, so the card is charged once.")
        payment: Json = self._send(
            201,
            "POST",
            f"/orders/{order['id']}/payments",
            as_=self._customer,
            headers={"Idempotency-Key": f"payment-{secrets.token_hex(4)}"},
            json={"payment_method": DEMO_CARD},
        ).json()
        self._check(payment["status"] == "captured", "the payment is captured")
        return payment

    def _receive_the_event(self, payment: Json, order: Json) -> None:
        self._step("Receive the event", "The provider also sends a signed event to the webhook.")
        events = {"reference": payment["id"]}
        deadline = time.monotonic() + EVENT_SECONDS
        while self._provider.get("/events", params=events).json()["items"][0]["state"] == "pending":
            self._processes.heed()
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        response = self._send(200, "GET", "/events", provider=True, params=events)
        [event] = response.json()["items"]
        self._check(
            (event["state"], event["last_status"]) == ("delivered", 204),
            "the shop received the event and responded with 204",
        )
        self._step("Read the order", "Response and event report one payment: it counts once.")
        paid = self._send(
            200, "GET", f"/orders/{order['id']}", as_=self._customer, members=(*MONEY, "paid_at")
        ).json()
        self._check(paid["state"] == "paid", "the order is paid")
        self._check(paid["captured"] == order["total"], "the whole total is captured")

    def _ship(self, order: Json) -> None:
        shipment = f"/orders/{order['id']}/shipment"
        body = {"carrier": "Royal Mail", "tracking_number": "RM123456789GB"}
        key = {"Idempotency-Key": f"shipment-{secrets.token_hex(4)}"}
        self._step("Ship the order as a customer", "The shop responds with 403: it needs staff.")
        self._send(403, "POST", shipment, as_=self._customer, headers=key, json=body)
        self._step("Log in as staff", "This user is one of the demo users.")
        self._staff = self._log_in(STAFF, DEMO_PASSWORD)
        self._step("Ship the order", "Shipping reduces the stock and ends the reservation.")
        shipped = self._send(
            200, "POST", shipment, as_=self._staff, headers=key, json=body, members=DELIVERY
        )
        self._check(shipped.json()["state"] == "shipped", "the order is shipped")
        self._step("Deliver the order", "This is the last state of an order.")
        delivered = self._send(
            200,
            "POST",
            f"/orders/{order['id']}/delivery",
            as_=self._staff,
            members=(*DELIVERY, "delivered_at"),
        )
        self._check(delivered.json()["state"] == "delivered", "the order is delivered")

    def _review(self, book: Json) -> None:
        self._step("Write a review", "Only customers who bought the book can review it.")
        self._send(
            201,
            "POST",
            f"/books/{book['id']}/reviews",
            as_=self._customer,
            json={"rating": 5, "title": "There and back", "body": "I read it in one sitting."},
        )

    def _refund(self, order: Json) -> None:
        self._step("Refund one copy", "Refunds never exceed the captured amount.")
        amount = {**order["total"], "amount": order["total"]["amount"] // 2}
        refund = self._send(
            201,
            "POST",
            f"/orders/{order['id']}/refunds",
            as_=self._staff,
            headers={"Idempotency-Key": f"refund-{secrets.token_hex(4)}"},
            json={"amount": amount, "reason": "One copy arrived damaged."},
        ).json()
        self._check(refund["status"] == "succeeded", "the provider made the refund")

    def _report(self, order: Json, book: Json) -> None:
        self._step("Read the sales report", "It groups sales by day, month, category or book.")
        today = datetime.now(UTC).date().isoformat()
        query = {"from": order["created_at"][:10], "to": today, "group_by": "book"}
        report = self._send(200, "GET", "/reports/sales", as_=self._staff, params=query).json()
        total = order["total"]["amount"]
        [row] = report["rows"]
        self._check(
            (row["label"], row["units"], row["gross"]["amount"]) == (book["title"], 2, total),
            "two copies of the book were sold",
        )
        amounts = [report["totals"][name]["amount"] for name in ("gross", "refunded", "net")]
        self._check(
            amounts == [total, total // 2, total - total // 2], "gross minus refunded is net"
        )

    def _compare_with_the_ledger(self, order: Json, payment: Json) -> None:
        self._step(
            "Compare with the provider's ledger", "Shop and provider must report the same amounts."
        )
        response = self._send(
            200, "GET", "/ledger", provider=True, params={"reference": payment["id"]}
        )
        entries = [(entry["kind"], entry["amount"]) for entry in response.json()["entries"]]
        total = order["total"]["amount"]
        self._check(
            entries == [("capture", total), ("refund", total // 2)], "one capture, one refund"
        )

    def _step(self, title: str, explanation: str) -> None:
        self._steps += 1
        self._screen.step(self._steps, title, explanation)

    def _send(
        self,
        expected: int,
        method: str,
        path: str,
        *,
        as_: dict[str, str] | None = None,
        provider: bool = False,
        headers: dict[str, str] | None = None,
        params: dict[str, str | int] | None = None,
        json: object = None,
        members: tuple[str, ...] = (),
    ) -> httpx.Response:
        """Send a request and print it with its response.

        `members` names the members of the body to print; without it, all are printed.
        Raises FailedError if the status is not the expected one.
        """
        self._processes.heed()
        self._requests += 1
        client = self._provider if provider else self._shop
        try:
            response = client.request(
                method, path, headers={**(as_ or {}), **(headers or {})}, params=params, json=json
            )
        except httpx.TransportError as error:
            raise FailedError(f"{method} {path} got no response: {error}") from error
        server = "payment provider" if provider else ""
        self._screen.exchange(response, server=server, members=members)
        if response.status_code != expected:
            raise FailedError(
                f"{method} {path}: expected status {expected}, got {response.status_code}"
            )
        return response

    def _check(self, holds: object, what: str) -> None:
        """Print a statement that holds. Raises FailedError if it does not hold."""
        if not holds:
            raise FailedError(f"This does not hold: {what}")
        self._screen.check(what)
