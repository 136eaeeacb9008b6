"""`Server-Timing`, so that a query per row shows from outside (BOOKSTORE_DEBUG_TIMING=1)."""

import time
from typing import Any

from flask import Flask, Response, g, has_request_context
from sqlalchemy import event

from .database import db

UNCOUNTED = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ", "PRAGMA")
"""They tell where a transaction begins and ends, or how it runs, and ask nothing."""


def register(app: Flask) -> None:
    """Count the statements of each request and the time they take."""
    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "before_cursor_execute", _before)
            event.listen(engine, "after_cursor_execute", _after)

    @app.after_request
    def announce(response: Response) -> Response:
        app_ms = (time.perf_counter() - g.began) * 1000
        response.headers["Server-Timing"] = (
            f"app;dur={app_ms:.2f}, "
            f'db;dur={g.get("db_ms", 0.0):.2f};desc="{g.get("queries", 0)} queries"'
        )
        return response


def _before(_c: Any, _cursor: Any, _statement: str, _p: Any, context: Any, _many: bool) -> None:
    if context is not None:
        context.began = time.perf_counter()


def _after(_c: Any, _cursor: Any, statement: str, _p: Any, context: Any, _many: bool) -> None:
    if has_request_context() and not statement.startswith(UNCOUNTED):
        g.queries = g.get("queries", 0) + 1
        g.db_ms = g.get("db_ms", 0.0) + (time.perf_counter() - context.began) * 1000
