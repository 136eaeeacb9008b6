"""The rules of carts: what may be put in, and how what is in there looks in the catalogue now."""

import json
from typing import Any
from uuid import UUID

from django.db.models import F

from ..catalogue.models import Book
from ..errors import CartFull, NotFound
from ..http import content_tag, require_match
from . import store
from .store import Cart, CartItem

MAX_ITEMS = 50


def get_cart(*, user_id: UUID) -> tuple[Cart, dict[UUID, Any]]:
    """Somebody's cart, and those of its books that are still sold.

    Raises:
        ServiceUnavailable: Redis is away.
    """
    cart = store.read_cart(user_id)
    return cart, _books_of(cart)


def clear_cart(*, user_id: UUID) -> None:
    """Empty somebody's cart.

    Raises:
        ServiceUnavailable: Redis is away.
    """
    store.discard_cart(user_id)


def put_cart_item(
    *, user_id: UUID, book_id: UUID, quantity: int, if_match: str | None
) -> tuple[Cart, dict[UUID, Any]]:
    """Set how many copies of a book are in the cart, at the current price; return the cart.

    Raises:
        NotFound: there is no such book.
        PreconditionFailed: the cart changed since it was read.
        CartFull: there are as many books in it as it holds.
        ServiceUnavailable: Redis is away.
    """
    books: dict[UUID, Any] = {}

    def put(cart: Cart) -> tuple[CartItem, ...]:
        nonlocal books
        books = _books_of(cart, book_id)
        if book_id not in books:
            raise NotFound
        require_match(if_match, cart_tag(cart, books), required=False)
        items = {item.book_id: item for item in cart.items if item.book_id in books}
        items[book_id] = CartItem(book_id, quantity, books[book_id].price_amount)
        if len(items) > MAX_ITEMS:
            raise CartFull
        return tuple(items.values())

    return store.change_cart(user_id, put), books


def delete_cart_item(*, user_id: UUID, book_id: UUID) -> None:
    """Take a book out of the cart.

    Raises:
        NotFound: it is not in there.
        ServiceUnavailable: Redis is away.
    """

    def take_out(cart: Cart) -> tuple[CartItem, ...]:
        rest = tuple(item for item in cart.items if item.book_id != book_id)
        if len(rest) == len(cart.items):
            raise NotFound
        return rest

    store.change_cart(user_id, take_out)


def cart_tag(cart: Cart, books: dict[UUID, Any]) -> str:
    """A cart's strong entity tag: it also changes with what it shows of the books (storage.md)."""
    shown = [books[item.book_id] for item in cart.items if item.book_id in books]
    version = str(cart.version) if cart.version else None
    state = [version, [[book.title, book.available] for book in shown]]
    return content_tag(json.dumps(state, separators=(",", ":")).encode())


def _books_of(cart: Cart, *others: UUID) -> dict[UUID, Any]:
    """What a cart shows of its books, and of others; one statement, or none for no book."""
    ids = {*others, *(item.book_id for item in cart.items)}
    if not ids:
        return {}
    books = Book.objects.filter(id__in=ids).annotate(available=F("on_hand") - F("reserved"))
    rows = books.values_list("id", "title", "price_amount", "available", named=True)
    return {row.id: row for row in rows}
