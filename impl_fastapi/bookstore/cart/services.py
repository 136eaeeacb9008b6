"""The rules of carts: a cart is a wish, stock and prices are settled when the order is placed."""

from collections.abc import Sequence
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..catalogue.models import books
from ..database import AnyRow
from ..errors import CartFull, NotFound
from ..http import Precondition
from .schemas import CartItemUpdate, cart_tag
from .store import CartItem, StoredCart, change_cart, discard_cart, read_cart

MAX_ITEMS = 50
_shown = select(books.id, books.title, books.price_amount, books.on_hand, books.reserved).where(
    books.id.in_(bindparam("book_ids", expanding=True))
)

Cart = tuple[StoredCart, dict[UUID, AnyRow]]


async def get_cart(connection: AsyncConnection, redis: Redis, *, user_id: UUID) -> Cart:
    """Somebody's cart, and the books in it that are still sold (getCart).

    Raises RedisError.
    """
    cart = await read_cart(redis, user_id)
    return cart, await _books(connection, cart.book_ids)


async def clear_cart(redis: Redis, *, user_id: UUID) -> None:
    """Nothing in the cart (clearCart).

    Raises RedisError.
    """
    await discard_cart(redis, user_id)


async def put_cart_item(
    connection: AsyncConnection,
    redis: Redis,
    *,
    user_id: UUID,
    book_id: UUID,
    data: CartItemUpdate,
    precondition: Precondition,
) -> Cart:
    """So many copies, at the price of this moment (putCartItem); a book keeps its place.

    Raises CartFull, NotFound, PreconditionFailed, RedisError, ServiceUnavailable.
    """
    books: dict[UUID, AnyRow] = {}

    async def change(cart: StoredCart) -> list[CartItem]:
        nonlocal books
        books = await _books(connection, [*cart.book_ids, book_id])
        if book_id not in books:
            raise NotFound
        precondition.require(cart_tag(cart, books))
        items = {item.book_id: item for item in cart.items if item.book_id in books}
        items[book_id] = CartItem(
            book_id=book_id, quantity=data.quantity, unit_amount=books[book_id].price_amount
        )
        if len(items) > MAX_ITEMS:
            raise CartFull
        return list(items.values())

    return await change_cart(redis, user_id, change), books


async def delete_cart_item(redis: Redis, *, user_id: UUID, book_id: UUID) -> None:
    """No more of a book in the cart (deleteCartItem).

    Raises NotFound if it is not there, RedisError, ServiceUnavailable.
    """

    async def change(cart: StoredCart) -> list[CartItem]:
        if book_id not in cart.book_ids:
            raise NotFound
        return [item for item in cart.items if item.book_id != book_id]

    await change_cart(redis, user_id, change)


async def _books(connection: AsyncConnection, book_ids: Sequence[UUID]) -> dict[UUID, AnyRow]:
    if not book_ids:
        return {}
    rows = await connection.execute(_shown, {"book_ids": book_ids})
    return {row.id: row for row in rows}
