"""Carts in Redis: versioned documents, changed optimistically (storage.md, Redis keys)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import redis
from flask import current_app

from ..database import utc_now
from ..errors import ServiceUnavailable
from ..http import timestamp

LIFETIME = timedelta(days=30)
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class CartItem:
    """Copies of a book, and the price of one, in minor units, when it was put in."""

    book_id: UUID
    quantity: int
    unit_amount: int


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart as it was read; an empty one has neither version nor end."""

    version: str | None = None
    expires_at: str | None = None
    items: tuple[CartItem, ...] = ()


def read_cart(user_id: UUID) -> Cart:
    """A user's cart.

    Raises:
        ServiceUnavailable: Redis does not answer.
    """
    with _answering() as client:
        return _load(client.get(_key(user_id)))


def change_cart(user_id: UUID, change: Callable[[Cart], list[CartItem]]) -> Cart:
    """Replace the items of a user's cart by those that `change` returns.

    `change` is called again if another request changed the cart in the meantime.

    Raises:
        ServiceUnavailable: Redis does not answer, or another request was faster every time.
    """
    key = _key(user_id)
    with _answering() as client:
        for _ in range(ATTEMPTS):
            with client.pipeline() as pipeline:
                pipeline.watch(key)  # type: ignore[no-untyped-call]  # redis has no type hint here
                items = change(_load(pipeline.get(key)))
                cart = (
                    Cart(str(uuid4()), timestamp(utc_now() + LIFETIME), tuple(items))
                    if items
                    else Cart()
                )
                pipeline.multi()
                if items:
                    pipeline.set(key, _dump(cart), ex=LIFETIME)
                else:
                    pipeline.delete(key)
                try:
                    pipeline.execute()
                except redis.WatchError:
                    continue
                return cart
    raise ServiceUnavailable


def discard_cart(user_id: UUID, version: str | None = None) -> None:
    """Remove a user's cart; with a `version` only if it is still that one.

    Raises:
        ServiceUnavailable: Redis does not answer.
    """
    key = _key(user_id)
    with _answering() as client, client.pipeline() as pipeline:
        if version is not None:
            pipeline.watch(key)  # type: ignore[no-untyped-call]  # redis has no type hint here
            if _load(pipeline.get(key)).version != version:
                return
            pipeline.multi()
        pipeline.delete(key)
        try:
            pipeline.execute()
        except redis.WatchError:
            return  # a new cart already


@contextmanager
def _answering() -> Iterator["redis.Redis"]:
    try:
        yield current_app.extensions["redis"]
    except redis.RedisError as error:
        raise ServiceUnavailable from error


def _key(user_id: UUID) -> str:
    return f"bookstore:cart:{user_id}"


def _load(document: Any) -> Cart:
    if document is None:
        return Cart()
    cart = json.loads(document)
    items = (CartItem(**{**item, "book_id": UUID(item["book_id"])}) for item in cart["items"])
    return Cart(cart["version"], cart["expires_at"], tuple(items))


def _dump(cart: Cart) -> str:
    return json.dumps(asdict(cart), default=str)
