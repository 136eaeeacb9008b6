"""Redis: carts and login counters; whatever it holds may be lost, and it may be away."""

from redis.asyncio import Redis

from .settings import Settings

TIMEOUT_SECONDS = 1


def create_redis(settings: Settings) -> Redis:
    """The process's client; connects to nothing yet."""
    return Redis.from_url(
        settings.redis_url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        decode_responses=True,
    )
