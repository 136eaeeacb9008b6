"""Login limits: count failed logins in Redis, or in this process while Redis is unavailable."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from flask import current_app

from ..errors import TooManyRequests
from ..settings import current_settings

logger = logging.getLogger(__name__)


class LoginLimiter:
    """Counts failed password checks per account and per address in a fixed window."""

    def __init__(self, client: "redis.Redis", window: int) -> None:
        self._redis, self._window = client, window
        self._local: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def require(self, key: str, limit: int) -> None:
        """Refuse what failed too often.

        Raises:
            TooManyRequests: the counter has reached `limit`.
        """
        count, seconds = self._either(self._redis_read, self._local_read, key)
        if count >= limit:
            raise TooManyRequests(max(1, seconds))

    def count_failure(self, key: str) -> None:
        """One more failure; the first one opens the window."""
        self._either(self._redis_count, self._local_count, key)

    def forget(self, key: str) -> None:
        """A good password clears the account's counter."""
        self._either(self._redis_forget, self._local_forget, key)

    def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def _either(self, shared: Callable[[str], Any], local: Callable[[str], Any], key: str) -> Any:
        try:
            return shared(key)
        except redis.RedisError as error:
            logger.warning("redis is away, counting logins in this process: %s", error)
            with self._lock:
                return local(key)

    def _redis_read(self, key: str) -> tuple[int, int]:
        pipeline = self._redis.pipeline()
        pipeline.get(key)
        pipeline.ttl(key)
        count, seconds = pipeline.execute()
        return int(count or 0), int(seconds)

    def _redis_count(self, key: str) -> None:
        pipeline = self._redis.pipeline()
        pipeline.set(key, 0, ex=self._window, nx=True)
        pipeline.incr(key)
        pipeline.execute()

    def _redis_forget(self, key: str) -> None:
        self._redis.delete(key)

    def _local_read(self, key: str) -> tuple[int, int]:
        count, ends = self._local.get(key, (0, 0.0))
        remaining = ends - time.monotonic()
        return (count, int(remaining) + 1) if remaining > 0 else (0, 0)

    def _local_count(self, key: str) -> None:
        now = time.monotonic()
        self._local = {k: v for k, v in self._local.items() if v[1] > now}
        count, ends = self._local.get(key, (0, now + self._window))
        self._local[key] = (count + 1, ends)

    def _local_forget(self, key: str) -> None:
        self._local.pop(key, None)


def limiter() -> LoginLimiter:
    """This application's limiter."""
    found: LoginLimiter = current_app.extensions["login_limiter"]
    return found


def account_key(email: str) -> str:
    """The counter of one account."""
    return f"bookstore:login:account:{hashlib.sha256(email.encode()).hexdigest()[:32]}"


def address_key(address: str) -> str:
    """The counter of one client address."""
    return f"bookstore:login:address:{address}"


def require_attempts_left(email: str, address: str | None = None) -> None:
    """Refuse a password check that comes after too many failures.

    Raises:
        TooManyRequests: for the account, or for the address.
    """
    settings = current_settings()
    limiter().require(account_key(email), settings.login_limit_account)
    if address is not None:
        limiter().require(address_key(address), settings.login_limit_address)
