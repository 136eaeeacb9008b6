"""A read replica, where one is named (runtime.md, A read replica)."""

import logging
import time

from fastapi import Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

RETRY_SECONDS = 5

logger = logging.getLogger(__name__)


class Replica:
    """A database that follows the primary, and that may be away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._away_until = 0.0

    async def connect(self) -> AsyncConnection | None:
        """A connection in autocommit; None where the primary has to answer instead."""
        moment = time.monotonic()
        if moment < self._away_until:
            return None
        if self._away_until:  # one request tries whether it is back; the others need not wait
            self._away_until = moment + RETRY_SECONDS
        try:
            connection = await self._engine.connect()
        except (DBAPIError, OSError) as error:
            self._away_until = time.monotonic() + RETRY_SECONDS
            logger.warning("the read replica takes no connections: %s", error)
            return None
        self._away_until = 0.0
        return connection


async def lagging_connection(request: Request) -> AsyncConnection | None:
    """A connection to the replica, if there is one and `request` may see it."""
    replica: Replica | None = request.app.state.replica
    return await replica.connect() if replica and _may_lag(request) else None


def _may_lag(request: Request) -> bool:
    """Whether it writes nothing, and nobody who wrote something can be behind it."""
    return request.method in {"GET", "HEAD"} and not (
        "authorization" in request.headers or "cookie" in request.headers
    )
