"""A list that is not told how many to show shows twenty: the contract's `limit`.

Of every list but the reviews of a book: each of them takes another reader.
"""

from collections.abc import Callable

import pytest

from harness import people
from harness.client import Client, succeeded
from harness.sales import Sales

UNTOLD = 20


def authors(sales: Sales) -> str:
    for _ in range(UNTOLD + 1):
        sales.shop.author()
    return "/authors"


def categories(sales: Sales) -> str:
    for _ in range(UNTOLD + 1):
        sales.shop.category()
    return "/categories"


def books(sales: Sales) -> str:
    sales.shop.books(UNTOLD + 1)
    return "/books"


def adjustments(sales: Sales) -> str:
    book = sales.shop.book()
    for _ in range(UNTOLD + 1):
        sales.shop.stocked(book, 1)
    return f"/books/{book['id']}/stock-adjustments"


def orders(sales: Sales) -> str:
    buyer, book = people.new_customer(sales.staff.bearing(None)).client, sales.book(UNTOLD + 1)
    for _ in range(UNTOLD + 1):
        sales.order(buyer, (book, 1))
    return "/orders"


def users(sales: Sales) -> str:
    for _ in range(UNTOLD):  # and an admin
        people.register(sales.staff.bearing(None))
    return "/users"


@pytest.mark.parametrize("made", [authors, categories, books, adjustments, orders, users])
def test_twenty_are_shown_to_who_names_no_limit(
    admin: Client, sales: Sales, made: Callable[[Sales], str]
) -> None:
    path = made(sales)
    page = succeeded(admin.get(path)).json()
    assert len(page["items"]) == UNTOLD
    assert page["next_cursor"]
    assert page == succeeded(admin.get(path, params={"limit": UNTOLD})).json()
