"""The operations that are measured, as a customer uses them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from workbench.bench import customers
from workbench.bench.customers import Customer, Site

Step: TypeAlias = Callable[[Site, Customer], object]


def nothing(_site: Site, _customer: Customer) -> None:
    """Do nothing: most operations need no preparation."""


@dataclass(frozen=True)
class Operation:
    """A kind of request."""

    name: str
    send: Step
    before: Step = nothing
    """A step at the shop that each customer takes first; it is not measured."""
    after: Step = nothing
    """A step at the shop that each customer takes afterwards; it is not measured either."""
    weight: int = 1
    """How many of the others it replaces in a round, because it takes longer."""
    has_floor: bool = True
    pays: bool = False


def _get(path: str) -> Step:
    return lambda site, _customer: site.server.ask("GET", path, 200)


def _get_book(site: Site, _customer: Customer) -> None:
    site.server.ask("GET", f"/books/{site.book_id}", 200)


def _get_book_again(site: Site, _customer: Customer) -> None:
    known = {"If-None-Match": site.tag}
    site.server.ask("GET", f"/books/{site.book_id}", 304, headers=known)


def _get_me(site: Site, customer: Customer) -> None:
    site.server.ask("GET", "/users/me", 200, headers=customer.session)


OPERATIONS = (
    Operation("live", _get("/health/live")),
    Operation("getBook", _get_book),
    Operation("304", _get_book_again),
    Operation("listBooks", _get("/books?sort=newest&limit=20")),
    Operation("search", _get("/books?q=the&sort=newest&limit=20")),
    Operation("getMe", _get_me),
    Operation(
        "placeOrder",
        customers.place_order,
        before=customers.fill_cart,
        after=customers.cancel_order,
        weight=5,
    ),
    Operation("login", customers.log_in, weight=10),
)

FURTHER = (
    Operation("cart", customers.put_into_cart, has_floor=False),
    Operation("purchase", customers.buy, weight=5, has_floor=False, pays=True),
)
"""What `FULL=1` adds; a purchase is a cart, an order, a payment and a cancellation."""
