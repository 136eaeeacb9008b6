"""Redis: carts, and how often a password may be guessed (storage.md, Redis keys)."""

import redis

from .environment import current_settings

# Made before there are threads: two that needed it first would each make one, and the one that is not
# kept would close its connections at its end, though somebody waits for an answer there.
_client = redis.Redis.from_url(
    current_settings().redis_url, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
)


def client() -> redis.Redis:
    """This process's client, which waits for an answer no longer than a second."""
    return _client
