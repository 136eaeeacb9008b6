"""One JSON line per request on stdout, and a request id in every record (runtime.md)."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

from flask import Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed

from . import metrics, tracing
from .http import drain_body

SANE_REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,128}")
FIELDS = ("method", "route", "path", "status", "duration_ms", "request_id", "user_id", "trace_id")

logger = logging.getLogger("bookstore.requests")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(level: str) -> None:
    """Send every logger of this process to stdout, as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line of its own for every call


def register(app: Flask) -> None:
    """Give each request an id and each answer what every answer carries; log it."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if SANE_REQUEST_ID.fullmatch(given) else str(uuid4())
        g.began = time.perf_counter()
        g.caller = None
        request.environ["wsgi.input_terminated"] = True  # the server ends a chunked body itself

    @app.after_request
    def end(response: Response) -> Response:
        drain_body()
        response.headers["X-Request-Id"] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        route, seconds = _route(app), time.perf_counter() - g.began
        metrics.observe(
            method=request.method, route=route, status=response.status_code, seconds=seconds
        )
        logger.info(
            "request",
            extra={
                "method": request.method,
                "route": route,
                "path": request.path,
                "status": response.status_code,
                "duration_ms": round(seconds * 1000, 2),
                "request_id": g.request_id,
                "user_id": str(g.caller.id) if g.caller else None,
                **tracing.correlate(g.request_id),
            },
        )
        return response


def _route(app: Flask) -> str | None:
    """The contract's path template, also of a path that does not have the method."""
    rule, refusal = request.url_rule, request.routing_exception
    if isinstance(refusal, MethodNotAllowed) and (adapter := app.create_url_adapter(request)):
        rule, _ = adapter.match(method=next(iter(refusal.valid_methods or ())), return_rule=True)
    return re.sub("<(?:uuid:)?([a-z_]+)>", r"{\1}", rule.rule) if rule else None
