"""The customers of a server that is measured: demo users with a session, and a book to buy."""

import secrets
from dataclasses import dataclass
from typing import Self

from workbench.bench.client import Client
from workbench.shops import DEMO_ADDRESS, DEMO_PASSWORD, DEMO_USERS, Shop

LOOKED_AT = "cryptonomicon"
"""A search that finds the book of getBook: one with an author and two categories."""


@dataclass
class Customer:
    """A demo user with a session."""

    email: str
    session: dict[str, str]
    book_id: str
    order_id: str = ""


@dataclass(frozen=True)
class Site:
    """A server to measure, and the shop that prepares and cleans up on the same database."""

    server: Client
    shop: Client
    customers: list[Customer]
    book_id: str
    tag: str
    """The entity tag of that book."""

    @classmethod
    def of(cls, shop: Shop, client: Client) -> Self:
        """Log the demo users in at a shop; `client` is a client of that shop."""
        in_stock = client.ask("GET", "/books?limit=100&in_stock=true&sort=newest", 200).json()
        books = sorted(in_stock["items"], key=lambda book: -int(book["stock"]["available"]))
        customers = [
            Customer(email, {"Authorization": f"Bearer {shop.token(email)}"}, book["id"])
            for email, book in zip(DEMO_USERS, books, strict=False)
        ]
        (looked_at,) = client.ask("GET", f"/books?q={LOOKED_AT}", 200).json()["items"]
        tag = client.ask("GET", f"/books/{looked_at['id']}", 200).headers["etag"]
        return cls(client, client, customers, looked_at["id"], tag)

    def at(self, server: Client) -> "Site":
        """Return the same customers at another server of the same database."""
        return Site(server, self.shop, self.customers, self.book_id, self.tag)


def fill_cart(site: Site, customer: Customer) -> None:
    """Put a copy of the customer's book into the cart, at the shop."""
    _put_into_cart(site.shop, customer)


def put_into_cart(site: Site, customer: Customer) -> None:
    """Put a copy of the customer's book into the cart, at the server."""
    _put_into_cart(site.server, customer)


def _put_into_cart(client: Client, customer: Customer) -> None:
    path, body = f"/cart/items/{customer.book_id}", {"quantity": 1}
    client.ask("PUT", path, 200, headers=customer.session, body=body)


def place_order(site: Site, customer: Customer) -> None:
    """Place an order of what is in the cart."""
    body = {"shipping_address": DEMO_ADDRESS}
    placed = site.server.ask("POST", "/orders", 201, headers=once(customer), body=body)
    customer.order_id = placed.json()["id"]


def cancel_order(site: Site, customer: Customer) -> None:
    """Cancel the order at the shop, which releases its stock."""
    path = f"/orders/{customer.order_id}/cancellation"
    site.shop.ask("POST", path, 200, headers=once(customer))


def buy(site: Site, customer: Customer) -> None:
    """Buy a copy: cart, order, payment; and cancel, so that the stock lasts."""
    put_into_cart(site, customer)
    place_order(site, customer)
    path, body = f"/orders/{customer.order_id}/payments", {"payment_method": "pm_card_visa"}
    site.server.ask("POST", path, 201, headers=once(customer), body=body)
    cancel_order(site, customer)


def log_in(site: Site, customer: Customer) -> None:
    """Log the customer in once more."""
    body = {"email": customer.email, "password": DEMO_PASSWORD}
    site.server.ask("POST", "/auth/login", 200, body=body)


def once(customer: Customer) -> dict[str, str]:
    """Return the headers of a request that has a new idempotency key."""
    return {**customer.session, "Idempotency-Key": secrets.token_hex(16)}
