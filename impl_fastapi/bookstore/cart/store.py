"""The cart's document in Redis (storage.md, Redis keys), changed optimistically.

That Redis is away is for `handlers.py` to say: carts are away then, and nothing else is.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Request
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import WatchError

from ..database import now
from ..errors import ServiceUnavailable
from ..http import timestamp

LIFE = timedelta(days=30)
ATTEMPTS = 20


class CartItem(BaseModel):
    """Copies of one book, at the price seen when they were put in; minor units."""

    book_id: UUID
    quantity: int
    unit_amount: int


class StoredCart(BaseModel):
    """A cart, its items in the order in which they were first put in; empty, it has no version."""

    version: UUID | None = None
    expires_at: str | None = None
    items: list[CartItem] = []

    @property
    def book_ids(self) -> list[UUID]:
        """What is in it."""
        return [item.book_id for item in self.items]


async def _redis(request: Request) -> Redis:
    redis: Redis = request.app.state.redis
    return redis


Carts = Annotated[Redis, Depends(_redis)]
Change = Callable[[StoredCart], Awaitable[list[CartItem] | None]]


async def read_cart(redis: Redis, user_id: UUID) -> StoredCart:
    """Somebody's cart; an empty one if there is none."""
    return _parse(await redis.get(_key(user_id)))


async def change_cart(redis: Redis, user_id: UUID, change: Change) -> StoredCart:
    """Somebody's cart with the items that `change` makes of it; None leaves it as it is.

    `change` is asked again when another writer was faster.
    Raises ServiceUnavailable if others are always faster.
    """
    key = _key(user_id)
    for attempt in range(ATTEMPTS):
        async with redis.pipeline() as pipeline:
            await pipeline.watch(key)
            before = _parse(await pipeline.get(key))
            items = await change(before)
            if items is None:
                return before
            cart = _cart(items)
            pipeline.multi()  # type: ignore[no-untyped-call]  # redis has no type hint here
            if cart.items:
                pipeline.set(key, cart.model_dump_json(), ex=LIFE)
            else:
                pipeline.delete(key)
            try:
                await pipeline.execute()
            except WatchError:
                await asyncio.sleep(random.uniform(0, 0.005 * (attempt + 1)))  # noqa: S311 -- jitter is not a secret
            else:
                return cart
    raise ServiceUnavailable


async def discard_cart(redis: Redis, user_id: UUID, version: UUID | None = None) -> None:
    """No more of somebody's cart; with a `version`, only if it still is that one.

    Raises ServiceUnavailable if others are always faster.
    """

    async def change(cart: StoredCart) -> list[CartItem] | None:
        return [] if cart.version == version else None

    if version is None:
        await redis.delete(_key(user_id))
    else:
        await change_cart(redis, user_id, change)


def _key(user_id: UUID) -> str:
    return f"bookstore:cart:{user_id}"


def _parse(document: str | bytes | None) -> StoredCart:
    return StoredCart.model_validate_json(document) if document else StoredCart()


def _cart(items: list[CartItem]) -> StoredCart:
    if not items:
        return StoredCart()
    return StoredCart(version=uuid4(), expires_at=timestamp(now() + LIFE), items=items)
