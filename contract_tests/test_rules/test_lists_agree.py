"""What a list shows of a thing is what the thing itself shows."""

import pytest

from harness.client import Client, succeeded
from harness.people import Person
from harness.sales import Sales, path_of
from harness.shop import Shop


def agree(client: Client, path: str, thing: str, **params: str) -> None:
    """In a list (path, query) the thing has the members that it has at its own path."""
    whole = succeeded(client.get(thing)).json()
    shown = next(
        item
        for page in client.pages(path, limit=100, **params)
        for item in page
        if item["id"] == whole["id"]
    )
    assert shown == {name: whole[name] for name in shown}


def test_users(admin: Client, customer: Person) -> None:
    agree(admin, "/users", customer.path)


def test_authors(anyone: Client, shop: Shop) -> None:
    author = shop.author(biography="Wrote.")
    agree(anyone, "/authors", f"/authors/{author['id']}")


def test_categories(anyone: Client, shop: Shop) -> None:
    category = shop.category(parent=shop.category())
    agree(anyone, "/categories", f"/categories/{category['id']}")


def test_new_books(anyone: Client, shop: Shop) -> None:
    (book,) = shop.books(1)
    agree(anyone, "/books", f"/books/{book['id']}", author_id=book["authors"][0]["id"])


def test_books(anyone: Client, shop: Shop) -> None:
    author, other = shop.author(), shop.author()
    members = {"subtitle": "Or not", "published_year": -44, "language": "la"}
    book = shop.book(author_ids=[other["id"], author["id"]], **members)
    shop.stocked(book, 7)
    shop.cover(book)
    agree(anyone, "/books", f"/books/{book['id']}", author_id=author["id"])


def test_books_with_ratings_and_reserved_copies(
    anyone: Client, sales: Sales, customer: Person
) -> None:
    book = sales.book(copies=5)
    sales.delivered(customer.client, (book, 1))
    succeeded(sales.review(customer.client, book, rating=4), 201)
    sales.order(customer.client, (book, 2))
    agree(anyone, "/books", f"/books/{book['id']}", author_id=book["authors"][0]["id"])


def test_reviews(anyone: Client, sales: Sales, customer: Person) -> None:
    book = sales.book()
    sales.delivered(customer.client, (book, 1))
    review = succeeded(sales.review(customer.client, book, rating=2, title="Dull"), 201).json()
    agree(anyone, f"/books/{book['id']}/reviews", f"/reviews/{review['id']}")


@pytest.mark.slow
def test_orders_of_every_state(sales: Sales, customer: Person) -> None:
    for state in ("awaiting_payment", "paid", "shipped", "delivered", "cancelled"):
        order = sales.in_state(state, customer.client, (sales.book(), 1), (sales.book(), 2))
        agree(customer.client, "/orders", path_of(order))
        agree(sales.staff, "/orders", path_of(order), state=state)
