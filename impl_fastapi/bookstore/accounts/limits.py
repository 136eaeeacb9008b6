"""How often a password may be guessed: counters in Redis, or in this process while it is away."""

import hashlib
import logging
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ..errors import TooManyRequests
from ..settings import Settings

logger = logging.getLogger(__name__)


class LoginLimiter:
    """Counts failed password checks per account and per address in a fixed window."""

    def __init__(self, settings: Settings, client: Redis) -> None:
        self._redis = client
        self._settings = settings
        self._local: dict[str, tuple[int, float]] = {}

    async def require_attempts_left(self, email: str, address: str | None = None) -> None:
        """Refuse a password check that comes after too many failures.

        Raises TooManyRequests, for the account or for the address.
        """
        await self._require(account_key(email), self._settings.login_limit_account)
        if address is not None:
            await self._require(address_key(address), self._settings.login_limit_address)

    async def count_failure(self, email: str, address: str | None = None) -> None:
        """One more failure; the first one opens the window."""
        await self._count(account_key(email))
        if address is not None:
            await self._count(address_key(address))

    async def forget(self, email: str) -> None:
        """A good password clears the account's counter."""
        key = account_key(email)
        self._local.pop(key, None)
        try:
            await self._redis.delete(key)
        except RedisError as error:
            _warn(error)

    async def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self._redis.ping())
        except RedisError:
            return False

    async def _require(self, key: str, limit: int) -> None:
        try:
            pipeline = self._redis.pipeline()
            pipeline.get(key)
            pipeline.ttl(key)
            count, seconds = await pipeline.execute()
        except RedisError as error:
            _warn(error)
            count, ends = self._local.get(key, (0, 0.0))
            seconds = int(ends - time.monotonic()) + 1
            count = count if seconds > 0 else 0
        if int(count or 0) >= limit:
            raise TooManyRequests(seconds)

    async def _count(self, key: str) -> None:
        window = self._settings.login_window_seconds
        try:
            count = await self._redis.incr(key)
            if count == 1:
                await self._redis.expire(key, window)
        except RedisError as error:
            _warn(error)
            moment = time.monotonic()
            self._local = {k: v for k, v in self._local.items() if v[1] > moment}
            count, ends = self._local.get(key, (0, moment + window))
            self._local[key] = (count + 1, ends)


def account_key(email: str) -> str:
    """The counter of one account."""
    return f"bookstore:login:account:{hashlib.sha256(email.encode()).hexdigest()[:32]}"


def address_key(address: str) -> str:
    """The counter of one client address."""
    return f"bookstore:login:address:{address}"


def _warn(error: RedisError) -> None:
    logger.warning("redis is away, counting logins in this process: %s", error)
