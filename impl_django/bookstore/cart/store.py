"""Carts in Redis: versioned JSON documents, changed optimistically (storage.md, Redis keys)."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import redis

from ..database import now
from ..errors import ServiceUnavailable
from ..http import dump_json, timestamp
from ..redis import client

LIFE = timedelta(days=30)
ATTEMPTS = 20

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CartItem:
    """Some copies of a book, at the price that was seen, in minor units."""

    book_id: UUID
    quantity: int
    unit_amount: int


@dataclass(frozen=True, slots=True)
class Cart:
    """Items in the order in which they were added; an empty cart has neither version nor expiry."""

    version: UUID | None = None
    expires_at: datetime | None = None
    items: tuple[CartItem, ...] = ()


def read_cart(user_id: UUID) -> Cart:
    """Somebody's cart.

    Raises:
        ServiceUnavailable: Redis is away.
    """
    with _redis_needed():
        return _parse(client().get(_key(user_id)))


def change_cart(user_id: UUID, change: Callable[[Cart], tuple[CartItem, ...]]) -> Cart:
    """Somebody's cart with the items that `change` makes of it, however many others change it too.

    Raises:
        ServiceUnavailable: Redis is away, or others were faster every time.
    """
    key = _key(user_id)
    with _redis_needed(), client().pipeline() as pipeline:
        for _ in range(ATTEMPTS):
            pipeline.watch(key)  # type: ignore[no-untyped-call]  # redis has no type hint here
            items = change(_parse(pipeline.get(key)))
            cart = Cart(uuid4(), now() + LIFE, items) if items else Cart()
            pipeline.multi()
            if items:
                pipeline.set(key, _dump(cart), ex=LIFE)
            else:
                pipeline.delete(key)
            try:
                pipeline.execute()
            except redis.WatchError:
                continue
            return cart
    raise ServiceUnavailable


def discard_cart(user_id: UUID, version: UUID | None = None) -> None:
    """Empty somebody's cart; with a `version`, unless it has changed since.

    Raises:
        ServiceUnavailable: Redis is away.
    """
    key = _key(user_id)
    with _redis_needed(), client().pipeline() as pipeline:
        if version is not None:
            pipeline.watch(key)  # type: ignore[no-untyped-call]  # redis has no type hint here
            if _parse(pipeline.get(key)).version != version:
                return
            pipeline.multi()
        pipeline.delete(key)
        try:
            pipeline.execute()
        except redis.WatchError:
            return


@contextmanager
def _redis_needed() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise ServiceUnavailable from error


def _key(user_id: UUID) -> str:
    return f"bookstore:cart:{user_id}"


def _parse(document: Any) -> Cart:
    if document is None:
        return Cart()
    fields = json.loads(document)
    expires_at = datetime.strptime(fields["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=UTC
    )
    items = (
        CartItem(UUID(item["book_id"]), item["quantity"], item["unit_amount"])
        for item in fields["items"]
    )
    return Cart(UUID(fields["version"]), expires_at, tuple(items))


def _dump(cart: Cart) -> str:
    items = [{**asdict(item), "book_id": str(item.book_id)} for item in cart.items]
    expires_at = timestamp(cart.expires_at) if cart.expires_at else None
    return dump_json({"version": str(cart.version), "expires_at": expires_at, "items": items})
