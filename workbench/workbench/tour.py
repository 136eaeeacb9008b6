"""The tour of `make demo`: what a customer and the staff do, each request shown and checked."""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from workbench.processes import FailedError, Processes
from workbench.shops import DEMO_ADDRESS, DEMO_PASSWORD
from workbench.shown import Screen

SEARCH = "hobbit"
CARD = "pm_card_visa"
STAFF = "staff@bookstore.example"


EVENT_SECONDS = 10.0

# What is shown of an order that was shown in full before.
MONEY = ("id", "state", "total", "captured", "refunded")
SENDING = ("id", "state", "carrier", "tracking_number", "shipped_at")

Json = dict[str, Any]


class Tour:
    """A walk through one shop. What is not as it should be raises FailedError."""

    def __init__(
        self,
        name: str,
        shop: httpx.Client,
        provider: httpx.Client,
        screen: Screen,
        processes: Processes,
    ) -> None:
        """Begin at the door."""
        self._name = name
        self._shop = shop
        self._provider = provider
        self._screen = screen
        self._processes = processes
        self._steps = 0
        self._requests = 0
        self._customer: dict[str, str] = {}
        self._staff: dict[str, str] = {}

    def walk(self) -> None:
        """All of it."""
        self._sign_up()
        book = self._find_a_book()
        self._fill_the_cart(book)
        order = self._place_the_order()
        self._see_the_reservation(book)
        payment = self._pay(order)
        self._hear_from_the_provider(payment, order)
        self._send(order)
        self._review(book)
        self._give_money_back(order)
        self._report(order, book)
        self._compare_the_books(order, payment)
        self._screen.end(f"{self._name}: {self._requests} requests, all as they should be.")

    def _sign_up(self) -> None:
        self._step("Sign up", "Anybody may become a customer.")
        email = f"ada-{secrets.token_hex(3)}@bookstore.example"
        self._ask(
            201,
            "POST",
            "/users",
            json={"email": email, "password": "correct horse battery", "name": "Ada Lovelace"},
        )
        self._step("Sign in", "A short-lived access token, and one to renew it with.")
        self._customer = self._sign_in(email, "correct horse battery")

    def _sign_in(self, email: str, password: str) -> dict[str, str]:
        answer = self._ask(200, "POST", "/auth/login", json={"email": email, "password": password})
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def _find_a_book(self) -> Json:
        self._step("Search", "Every word begins a word of the title, the subtitle or an author.")
        found = self._ask(200, "GET", "/books", params={"q": SEARCH, "limit": 1}).json()["items"]
        self._check(found, "a book was found")
        book: Json = found[0]
        return book

    def _fill_the_cart(self, book: Json) -> None:
        self._step("Put two copies into the cart", "The cart remembers the price that was seen.")
        cart = self._ask(
            200, "PUT", f"/cart/items/{book['id']}", as_=self._customer, json={"quantity": 2}
        ).json()
        self._check(
            cart["total"]["amount"] == 2 * book["price"]["amount"], "the total is twice the price"
        )

    def _place_the_order(self) -> Json:
        self._step("Place the order", "Stock is reserved and prices are kept, all or nothing.")
        key = {"Idempotency-Key": f"order-{secrets.token_hex(4)}"}
        first = self._order(key, ())
        order: Json = first.json()
        self._check(order["state"] == "awaiting_payment", "the order awaits its payment")
        self._step(
            "… and once more", "The same Idempotency-Key: the same answer, not a second order."
        )
        again = self._order(key, MONEY)
        self._check(
            again.headers.get("Idempotency-Replayed") == "true" and again.json() == order,
            "the first answer, replayed",
        )
        return order

    def _order(self, key: dict[str, str], of: tuple[str, ...]) -> httpx.Response:
        body = {"shipping_address": DEMO_ADDRESS}
        return self._ask(201, "POST", "/orders", as_=self._customer, headers=key, json=body, of=of)

    def _see_the_reservation(self, book: Json) -> None:
        self._step("Look at the book again", "Nobody else can buy what is reserved.")
        answer = self._ask(200, "GET", f"/books/{book['id']}", of=("title", "price", "stock"))
        left = book["stock"]["available"] - answer.json()["stock"]["available"]
        self._check(left == 2, "two copies fewer are available")

    def _pay(self, order: Json) -> Json:
        self._step("Let the provider stumble", "It will answer the next payment with a 503.")
        fault = {"on": "createPayment", "kind": "status", "status": 503}
        self._ask(201, "POST", "/faults", provider=True, json=fault)
        self._step("Pay", "The shop asks the provider again, under the same key: charged once.")
        payment: Json = self._ask(
            201,
            "POST",
            f"/orders/{order['id']}/payments",
            as_=self._customer,
            headers={"Idempotency-Key": f"payment-{secrets.token_hex(4)}"},
            json={"payment_method": CARD},
        ).json()
        self._check(payment["status"] == "captured", "the payment is captured")
        return payment

    def _hear_from_the_provider(self, payment: Json, order: Json) -> None:
        self._step("Hear from the provider", "It also tells the shop by a signed event.")
        events = {"reference": payment["id"]}
        deadline = time.monotonic() + EVENT_SECONDS
        while self._provider.get("/events", params=events).json()["items"][0]["state"] == "pending":
            self._processes.heed()
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        answer = self._ask(200, "GET", "/events", provider=True, params=events)
        [event] = answer.json()["items"]
        self._check(
            (event["state"], event["last_status"]) == ("delivered", 204),
            "the shop has taken the event, and answered 204",
        )
        self._step("Look at the order", "Told twice, paid once.")
        paid = self._ask(
            200, "GET", f"/orders/{order['id']}", as_=self._customer, of=(*MONEY, "paid_at")
        ).json()
        self._check(paid["state"] == "paid", "the order is paid")
        self._check(paid["captured"] == order["total"], "all of it was captured")

    def _send(self, order: Json) -> None:
        shipment = f"/orders/{order['id']}/shipment"
        body = {"carrier": "Royal Mail", "tracking_number": "RM123456789GB"}
        key = {"Idempotency-Key": f"shipment-{secrets.token_hex(4)}"}
        self._step("Send the parcel, as a customer", "Only staff may.")
        self._ask(403, "POST", shipment, as_=self._customer, headers=key, json=body)
        self._step("Sign in as staff", "One of the demo users.")
        self._staff = self._sign_in(STAFF, DEMO_PASSWORD)
        self._step("Send the parcel", "The copies leave the shelf and the reservation together.")
        shipped = self._ask(
            200, "POST", shipment, as_=self._staff, headers=key, json=body, of=SENDING
        )
        self._check(shipped.json()["state"] == "shipped", "the order is shipped")
        self._step("It arrives", "The last of the order's states.")
        delivery = f"/orders/{order['id']}/delivery"
        delivered = self._ask(200, "POST", delivery, as_=self._staff, of=(*SENDING, "delivered_at"))
        self._check(delivered.json()["state"] == "delivered", "the order is delivered")

    def _review(self, book: Json) -> None:
        self._step("Write a review", "Who got the book may say what it is like.")
        self._ask(
            201,
            "POST",
            f"/books/{book['id']}/reviews",
            as_=self._customer,
            json={"rating": 5, "title": "There and back", "body": "I read it in one sitting."},
        )

    def _give_money_back(self, order: Json) -> None:
        self._step("Give money back for one copy", "Never more than was captured.")
        amount = {**order["total"], "amount": order["total"]["amount"] // 2}
        refund = self._ask(
            201,
            "POST",
            f"/orders/{order['id']}/refunds",
            as_=self._staff,
            headers={"Idempotency-Key": f"refund-{secrets.token_hex(4)}"},
            json={"amount": amount, "reason": "One copy arrived damaged."},
        ).json()
        self._check(refund["status"] == "succeeded", "the provider has given it back")

    def _report(self, order: Json, book: Json) -> None:
        self._step("Read the sales report", "By day, month, category or book.")
        today = datetime.now(UTC).date().isoformat()
        query = {"from": order["created_at"][:10], "to": today, "group_by": "book"}
        report = self._ask(200, "GET", "/reports/sales", as_=self._staff, params=query).json()
        total = order["total"]["amount"]
        [row] = report["rows"]
        self._check(
            (row["label"], row["units"], row["gross"]["amount"]) == (book["title"], 2, total),
            "two copies of the book were sold",
        )
        amounts = [report["totals"][name]["amount"] for name in ("gross", "refunded", "net")]
        self._check(
            amounts == [total, total // 2, total - total // 2], "gross less refunded is net"
        )

    def _compare_the_books(self, order: Json, payment: Json) -> None:
        self._step(
            "Compare with the provider's ledger", "What it says moved is what the shop says."
        )
        answer = self._ask(
            200, "GET", "/ledger", provider=True, params={"reference": payment["id"]}
        )
        moved = [(entry["kind"], entry["amount"]) for entry in answer.json()["entries"]]
        total = order["total"]["amount"]
        self._check(
            moved == [("capture", total), ("refund", total // 2)], "one capture, one refund"
        )

    def _step(self, title: str, lesson: str) -> None:
        self._steps += 1
        self._screen.step(self._steps, title, lesson)

    def _ask(
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
        of: tuple[str, ...] = (),
    ) -> httpx.Response:
        """Send a request and show it, of the answer only some members where they are named.

        Raises FailedError for another status than the expected.
        """
        self._processes.heed()
        self._requests += 1
        client = self._provider if provider else self._shop
        try:
            answer = client.request(
                method, path, headers={**(as_ or {}), **(headers or {})}, params=params, json=json
            )
        except httpx.TransportError as error:
            raise FailedError(f"{method} {path} got no answer: {error}") from error
        self._screen.exchange(answer, asked="payment provider" if provider else "", of=of)
        if answer.status_code != expected:
            raise FailedError(
                f"{method} {path} should be answered with {expected}, not {answer.status_code}"
            )
        return answer

    def _check(self, holds: object, what: str) -> None:
        """Say that it holds. Raises FailedError when it does not."""
        if not holds:
            raise FailedError(f"This is not as it should be: {what}")
        self._screen.remark(what)
