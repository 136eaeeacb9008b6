"""The rules of carts. Stock and prices are checked only when the order is placed."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, select

from ..catalogue.models import Book
from ..database import AnyRow, reading
from ..errors import CartFull, NotFound
from ..http import require_match
from . import store
from .schemas import cart_tag
from .store import Cart, CartItem

MAX_ITEMS = 50

_books_of = select(
    Book.id, Book.title, Book.price_amount, (Book.on_hand - Book.reserved).label("available")
).where(Book.id.in_(bindparam("ids", expanding=True)))


def get_cart(*, user_id: UUID) -> tuple[Cart, dict[UUID, AnyRow]]:
    """A user's cart, and those of its books that are still sold.

    Raises:
        ServiceUnavailable: Redis does not answer.
    """
    cart = store.read_cart(user_id)
    return cart, _books(item.book_id for item in cart.items)


def clear_cart(*, user_id: UUID) -> None:
    """Empty a user's cart.

    Raises:
        ServiceUnavailable: Redis does not answer.
    """
    store.discard_cart(user_id)


def put_cart_item(
    *, user_id: UUID, book_id: UUID, quantity: int
) -> tuple[Cart, dict[UUID, AnyRow]]:
    """Set how many copies of a book are in the cart, at its price now; it keeps its place.

    Raises:
        NotFound: there is no such book.
        PreconditionFailed: the cart is another one than was read.
        CartFull: it has 50 other books already.
        ServiceUnavailable: Redis does not answer.
    """
    books: dict[UUID, AnyRow] = {}

    def put(cart: Cart) -> list[CartItem]:
        nonlocal books
        books = _books([*(item.book_id for item in cart.items), book_id])
        if book_id not in books:
            raise NotFound
        require_match(cart_tag(cart, books), required=False)
        items = {item.book_id: item for item in cart.items if item.book_id in books}
        items[book_id] = CartItem(book_id, quantity, books[book_id].price_amount)
        if len(items) > MAX_ITEMS:
            raise CartFull
        return list(items.values())

    return store.change_cart(user_id, put), books


def delete_cart_item(*, user_id: UUID, book_id: UUID) -> None:
    """Take a book out of the cart.

    Raises:
        NotFound: it is not in there.
        ServiceUnavailable: Redis does not answer.
    """

    def remove(cart: Cart) -> list[CartItem]:
        items = [item for item in cart.items if item.book_id != book_id]
        if len(items) == len(cart.items):
            raise NotFound
        return items

    store.change_cart(user_id, remove)


def _books(ids: Iterable[UUID]) -> dict[UUID, AnyRow]:
    if not (wanted := list(ids)):
        return {}
    with reading() as connection:
        return {book.id: book for book in connection.execute(_books_of, {"ids": wanted})}
