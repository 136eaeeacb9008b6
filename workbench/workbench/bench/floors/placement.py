"""The order that a floor places: its rows and its answer, without input or output."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from workbench.bench.floors.answers import CURRENCY, Json, Row, money, timestamp

EXPIRY = timedelta(seconds=int(os.environ.get("BOOKSTORE_ORDER_EXPIRY_SECONDS", "86400")))
ADDRESS = ("name", "line1", "line2", "postal_code", "city", "country")

DISCARD_CART = """
    local cart = redis.call('GET', KEYS[1])
    if cart and cjson.decode(cart).version == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
"""Delete a cart, unless it has changed since the order was placed from it."""


@dataclass(frozen=True)
class Request:
    """A request to place an order, and the moment and the ids that it gets."""

    user_id: UUID
    key: str
    body: bytes
    cart: Json

    @classmethod
    def of(cls, user_id: UUID, key: str, body: bytes, cart: bytes | None) -> "Request":
        """Build a request from its body and the document of the user's cart."""
        return cls(user_id, key, body, json.loads(cart or b"{}"))

    @property
    def book_ids(self) -> list[UUID]:
        """The books in the cart."""
        return [UUID(item["book_id"]) for item in self.cart["items"]]

    @property
    def quantities(self) -> list[int]:
        """The number of copies of each of them."""
        return [item["quantity"] for item in self.cart["items"]]

    def claim(self, claim_id: UUID) -> tuple[Any, ...]:
        """Return the parameters of `CLAIM_KEY`."""
        fingerprint = hashlib.sha256(b"POST\n/orders\n" + self.body).hexdigest()
        return claim_id, self.user_id, self.key, fingerprint, datetime.now(UTC)


@dataclass(frozen=True)
class Order:
    """A new order, and its lines in the order of the cart."""

    id: UUID
    user_id: UUID
    cart_version: UUID
    address: Json
    created_at: datetime
    books: list[Row]
    quantities: list[int]

    @classmethod
    def of(cls, request: Request, books: Iterable[Row]) -> "Order":
        """Build the order. Raises ValueError if a book is short or has another price by now."""
        found = {book["id"]: book for book in books}
        in_cart = [found[book_id] for book_id in request.book_ids]
        for book, item in zip(in_cart, request.cart["items"], strict=True):
            short = book["on_hand"] - book["reserved"] < item["quantity"]
            if short or book["price_amount"] != item["unit_amount"]:
                raise ValueError(item)
        given = json.loads(request.body)["shipping_address"]
        return cls(
            id=uuid4(),
            user_id=request.user_id,
            cart_version=UUID(request.cart["version"]),
            address={name: given.get(name) for name in ADDRESS},
            created_at=datetime.now(UTC),
            books=in_cart,
            quantities=request.quantities,
        )

    @property
    def total(self) -> int:
        """The amount to pay."""
        lines = zip(self.books, self.quantities, strict=True)
        return sum(int(book["price_amount"]) * quantity for book, quantity in lines)

    @property
    def row(self) -> tuple[Any, ...]:
        """The parameters of `INSERT_ORDER`."""
        address = json.dumps(self.address, ensure_ascii=False, separators=(",", ":"))
        expires_at = self.created_at + EXPIRY
        known = (self.id, self.user_id, self.cart_version, self.total, CURRENCY)
        return (*known, address, expires_at, self.created_at)

    @property
    def lines(self) -> tuple[Any, ...]:
        """The parameters of `INSERT_LINES`."""
        return (
            self.id,
            [uuid4() for _ in self.books],
            list(range(len(self.books))),
            *([book[column] for book in self.books] for column in ("id", "isbn", "title")),
            self.quantities,
            [book["price_amount"] for book in self.books],
        )

    def shown(self) -> Json:
        """Return the contract's Order."""
        created_at = timestamp(self.created_at)
        return {
            "id": str(self.id),
            "user_id": str(self.user_id),
            "state": "awaiting_payment",
            "total": money(self.total),
            "captured": money(0),
            "refunded": money(0),
            "created_at": created_at,
            "updated_at": created_at,
            "lines": [
                {
                    "book_id": str(book["id"]),
                    "isbn": book["isbn"],
                    "title": book["title"],
                    "quantity": quantity,
                    "unit_price": money(book["price_amount"]),
                    "line_total": money(quantity * book["price_amount"]),
                }
                for book, quantity in zip(self.books, self.quantities, strict=True)
            ],
            "shipping_address": self.address,
            "expires_at": timestamp(self.created_at + EXPIRY),
            "paid_at": None,
            "shipped_at": None,
            "delivered_at": None,
            "cancelled_at": None,
            "cancellation_reason": None,
            "carrier": None,
            "tracking_number": None,
        }


def cart_key(user_id: UUID) -> str:
    """Return the Redis key of a user's cart."""
    return f"bookstore:cart:{user_id}"
