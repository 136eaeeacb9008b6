"""A read replica, where one is named (runtime.md, A read replica)."""

import logging
import time

from flask import Flask, current_app, has_request_context, request
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

BIND = "replica"
RETRY_SECONDS = 5

logger = logging.getLogger(__name__)


class Replica:
    """A database that follows the primary, and that may be away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._away_until = 0.0

    def connect(self) -> Connection | None:
        """A connection in autocommit; None where the primary has to answer instead."""
        moment = time.monotonic()
        if moment < self._away_until:
            return None
        if (
            self._away_until
        ):  # one request tries whether it is back; the others need not wait for that
            self._away_until = moment + RETRY_SECONDS
        try:
            connection = self._engine.connect()
        except OperationalError as error:
            self._away_until = time.monotonic() + RETRY_SECONDS
            logger.warning("the read replica takes no connections: %s", error.orig)
            return None
        self._away_until = 0.0
        return connection


def register(app: Flask, engine: Engine | None) -> None:
    """Read from `engine` what may lag."""
    if engine is not None:
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        app.extensions[BIND] = Replica(autocommit)


def lagging_connection() -> Connection | None:
    """A connection to the replica, if there is one and the request at hand may see it."""
    replica: Replica | None = current_app.extensions.get(BIND)
    return replica.connect() if replica and _may_lag() else None


def _may_lag() -> bool:
    """Whether this request only reads, and is anonymous: its sender cannot miss its own writes."""
    return (
        has_request_context()
        and request.method in {"GET", "HEAD"}
        and not ("Authorization" in request.headers or "Cookie" in request.headers)
    )
