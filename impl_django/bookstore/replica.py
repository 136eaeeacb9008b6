"""A read replica, where one is named (runtime.md, A read replica)."""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import OperationalError, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

ALIAS = "replica"
RETRY_SECONDS = 5

logger = logging.getLogger(__name__)
may_lag: ContextVar[bool] = ContextVar("may_lag", default=False)


class ReplicaMiddleware:
    """Says of each request whether it may read from the replica."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let anonymous reads use the replica: their sender cannot miss its own writes."""
        anonymous = not ("Authorization" in request.headers or "Cookie" in request.headers)
        token = may_lag.set(request.method in {"GET", "HEAD"} and anonymous)
        try:
            return self.get_response(request)
        finally:
            may_lag.reset(token)


class ReplicaRouter:
    """Django's choice between the primary and the replica; None leaves it to the default."""

    def __init__(self) -> None:
        self._away_until = 0.0

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Where to read."""
        return ALIAS if may_lag.get() and self._connects() else None

    def allow_relation(self, *objects: Any, **hints: Any) -> bool:
        """They are one database."""
        return True

    def allow_migrate(self, db: str, *model: Any, **hints: Any) -> bool | None:
        """The replica follows by itself."""
        return False if db == ALIAS else None

    def _connects(self) -> bool:
        """Whether the replica takes connections, as far as one knows."""
        moment = time.monotonic()
        if moment < self._away_until:
            return False
        if (
            self._away_until
        ):  # one request tries whether it is back; the others need not wait for that
            self._away_until = moment + RETRY_SECONDS
        try:
            connections[ALIAS].ensure_connection()
        except OperationalError as error:
            self._away_until = time.monotonic() + RETRY_SECONDS
            logger.warning("the read replica takes no connections: %s", error)
            return False
        self._away_until = 0.0
        return True
