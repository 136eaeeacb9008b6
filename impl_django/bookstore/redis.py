"""Redis: carts, and how often a password may be guessed (storage.md, Redis keys)."""

from functools import cache

import redis

from .environment import current_settings


@cache
def client() -> redis.Redis:
    """This process's client, which waits for an answer no longer than a second."""
    return redis.Redis.from_url(
        current_settings().redis_url, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
    )
