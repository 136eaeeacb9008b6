"""`Server-Timing`, so that a query per row shows from outside (BOOKSTORE_DEBUG_TIMING=1)."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

NO_QUERIES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "PRAGMA")


class TimingMiddleware:
    """Counts the statements of each request and the time they take."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with what it took."""
        began, meter = time.perf_counter(), _Meter()
        with ExitStack() as metered:
            for connection in connections.all():
                metered.enter_context(connection.execute_wrapper(meter))
            response = self.get_response(request)
        app_ms = (time.perf_counter() - began) * 1000
        response["Server-Timing"] = (
            f'app;dur={app_ms:.2f}, db;dur={meter.ms:.2f};desc="{meter.queries} queries"'
        )
        return response


class _Meter:
    def __init__(self) -> None:
        self.queries, self.ms = 0, 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, *arguments)
        finally:
            if not sql.lstrip().startswith(NO_QUERIES):
                self.queries += 1
                self.ms += (time.perf_counter() - began) * 1000
