"""Carts, orders, payments, refunds and reviews, created through the API."""

from dataclasses import dataclass

import httpx

from harness import formats
from harness.client import Client, succeeded
from harness.contract import Json
from harness.shop import Shop, price

VISA = "pm_card_visa"
DECLINED = "pm_card_declined"
REFUND_FAILS = "pm_card_refund_fails"

ADDRESS: Json = {
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "line2": None,
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "country": "GB",
}
SHIPMENT: Json = {"carrier": "Royal Mail", "tracking_number": "RM123456789GB"}
STATES = ("awaiting_payment", "paid", "shipped", "delivered", "cancelled")

Line = tuple[Json, int]
"""A book and a number of copies."""


def once(key: str | None = None) -> dict[str, str]:
    """Return the `Idempotency-Key` header with a given key or a new one."""
    return {"Idempotency-Key": key or formats.word()}


def path_of(order: Json) -> str:
    """Return the path of an order."""
    return f"/orders/{order['id']}"


@dataclass(frozen=True)
class Sales:
    """Actions of customers in a shop, and of the staff that processes their orders."""

    shop: Shop

    @property
    def staff(self) -> Client:
        """The client of the staff, which ships, delivers and refunds."""
        return self.shop.staff

    def book(self, copies: int = 10, **members: Json) -> Json:
        """Create a book with some copies in stock."""
        book = self.shop.book(**members)
        if copies:
            self.shop.stocked(book, copies)
        return book

    def books(self, how_many: int, copies: int = 10) -> list[Json]:
        """Import many new books with different prices."""
        word = formats.word()
        rows = [
            {
                "isbn": formats.isbn(),
                "title": f"{word} {number}",
                "authors": [word],
                "language": None,
                "published_year": None,
                "price_amount": 100 + number,
                "stock": copies,
            }
            for number in range(how_many)
        ]
        assert succeeded(self.shop.import_rows(rows)).json()["created"] == how_many
        return sorted(
            self.staff.walk("/books", q=word, limit=100), key=lambda b: b["price"]["amount"]
        )

    def reprice(self, book: Json, amount: int) -> None:
        """Change the price of a book."""
        self.staff.change(f"/books/{book['id']}", price=price(amount))

    def put(
        self, buyer: Client, book: Json, quantity: int = 1, etag: str | None = None
    ) -> httpx.Response:
        """Put a book into the buyer's cart."""
        path, body = f"/cart/items/{book['id']}", {"quantity": quantity}
        return buyer.put(path, body, headers={"If-Match": etag})

    def fill(self, buyer: Client, *lines: Line) -> None:
        """Put these books into the buyer's cart, or one copy of a new book."""
        for book, quantity in lines or [(self.book(), 1)]:
            succeeded(self.put(buyer, book, quantity), 200)

    def place(self, buyer: Client, key: str | None = None, **address: Json) -> httpx.Response:
        """Place an order from the buyer's cart."""
        body = {"shipping_address": {**ADDRESS, **address}}
        return buyer.post("/orders", body, headers=once(key))

    def pay(
        self, buyer: Client, order: Json, method: str = VISA, key: str | None = None
    ) -> httpx.Response:
        """Send a payment for an order."""
        body = {"payment_method": method}
        return buyer.post(f"{path_of(order)}/payments", body, headers=once(key))

    def cancel(self, somebody: Client, order: Json, key: str | None = None) -> httpx.Response:
        """Send a cancellation of an order."""
        return somebody.post(f"{path_of(order)}/cancellation", headers=once(key))

    def ship(self, order: Json, key: str | None = None) -> httpx.Response:
        """Send a shipment of an order."""
        return self.staff.post(f"{path_of(order)}/shipment", SHIPMENT, headers=once(key))

    def deliver(self, order: Json) -> httpx.Response:
        """Mark an order as delivered."""
        return self.staff.post(f"{path_of(order)}/delivery")

    def refund(
        self, order: Json, amount: int, key: str | None = None, **members: Json
    ) -> httpx.Response:
        """Send a refund of an order."""
        body = {"amount": price(amount), **members}
        return self.staff.post(f"{path_of(order)}/refunds", body, headers=once(key))

    def review(
        self, reader: Client, book: Json, rating: int = 5, **members: Json
    ) -> httpx.Response:
        """Send a review of a book."""
        return reader.post(f"/books/{book['id']}/reviews", {"rating": rating, **members})

    def order(self, buyer: Client, *lines: Line) -> Json:
        """Place an order of these books, or of one copy of a new book."""
        self.fill(buyer, *lines)
        return succeeded(self.place(buyer), 201).json()

    def payment(self, buyer: Client, order: Json, method: str = VISA) -> Json:
        """Pay for an order, and assert that the outcome is known immediately."""
        return succeeded(self.pay(buyer, order, method), 201).json()

    def paid(self, buyer: Client, *lines: Line, method: str = VISA) -> Json:
        """Place an order and pay for it."""
        order = self.order(buyer, *lines)
        assert self.payment(buyer, order, method)["status"] == "captured"
        return self.now(order)

    def shipped(self, buyer: Client, *lines: Line) -> Json:
        """Place an order, pay for it and ship it."""
        return succeeded(self.ship(self.paid(buyer, *lines)), 200).json()

    def delivered(self, buyer: Client, *lines: Line) -> Json:
        """Place an order, pay for it, ship it and deliver it."""
        return succeeded(self.deliver(self.shipped(buyer, *lines)), 200).json()

    def cancelled(self, buyer: Client, *lines: Line) -> Json:
        """Place an order and cancel it before it is paid."""
        return succeeded(self.cancel(buyer, self.order(buyer, *lines)), 200).json()

    def in_state(self, state: str, buyer: Client, *lines: Line) -> Json:
        """Place an order and bring it into a state."""
        makers = {
            "awaiting_payment": self.order,
            "paid": self.paid,
            "shipped": self.shipped,
            "delivered": self.delivered,
            "cancelled": self.cancelled,
        }
        order = makers[state](buyer, *lines)
        assert order["state"] == state
        return order

    def now(self, order: Json) -> Json:
        """Return the current representation of an order."""
        return succeeded(self.staff.get(path_of(order))).json()

    def stock(self, book: Json) -> tuple[int, int]:
        """Return a book's copies on hand and reserved, and assert that its ledger adds up."""
        stock = succeeded(self.staff.get(f"/books/{book['id']}")).json()["stock"]
        ledger = self.staff.walk(f"/books/{book['id']}/stock-adjustments", limit=100)
        assert stock["available"] == stock["on_hand"] - stock["reserved"] >= 0
        assert sum(entry["delta"] for entry in ledger) == stock["on_hand"]
        return stock["on_hand"], stock["reserved"]

    def seen(self, order: Json) -> Json:
        """Return all state that a rejected action on an order must not change."""
        answer = succeeded(self.staff.get(path_of(order)))
        paths = [f"/books/{line['book_id']}" for line in order["lines"]]
        books = [succeeded(self.staff.get(path)) for path in paths]
        ledgers = [self.staff.walk(f"{path}/stock-adjustments", limit=100) for path in paths]
        shown = [answer, *books]
        return [[each.json(), each.headers["ETag"]] for each in shown], ledgers
