"""Redis: carts, and how often a password may be guessed (storage.md, Redis keys)."""

import redis

from .environment import current_settings

# Created before any thread starts: two threads could otherwise each create a client, and the client
# that is not kept would close its connections while a thread waits for an answer on one of them.
_client = redis.Redis.from_url(
    current_settings().redis_url, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
)


def client() -> redis.Redis:
    """This process's client, which waits for an answer no longer than a second."""
    return _client
