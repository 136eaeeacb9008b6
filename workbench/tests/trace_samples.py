"""A sample of a recorded request with spans of every kind, for tests of the trace and its page."""

from typing import Any

from workbench.trace.collector import Span
from workbench.trace.results import Json, implementation_results

SENT = 1_000_000_000
FLASK = "opentelemetry.instrumentation.flask"
SELECT = "SELECT <b>title</b>\n  FROM books WHERE id = ?"


def span(id_: str, parent: str, start: int, end: int, **more: Any) -> Span:
    """Return a span; `start` and `end` are in microseconds after the request was sent."""
    attributes = {name.replace("__", "."): value for name, value in more.items() if name != "scope"}
    scope = more.get("scope", "bookstore_recorder")
    return Span("t", id_, parent, id_, scope, SENT + start * 1000, SENT + end * 1000, attributes)


def exchange(microseconds: int = 1000) -> Json:
    return {
        "operation": "getBook",
        "request": {
            "method": "GET",
            "url": "http://127.0.0.1:1/books/1?x=y",
            "headers": {"authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.secret.secret"},
            "body": None,
        },
        "answer": {"status": 200, "headers": {}, "body": {}},
        "sent_ns": SENT,
        "seconds": microseconds / 1e6,
    }


SPANS = [
    span("statement", "service", 300, 500, db__statement=SELECT, db__name="/here/shop.db"),
    span("service", "view", 200, 600, bookstore__phase="service"),
    span("view", "server", 150, 700, bookstore__phase="handler"),
    span("server", "app", 110, 800, scope=FLASK),
    span("app", "", 100, 900, bookstore__phase="framework"),
    span("begin", "view", 610, 620, db__statement="BEGIN IMMEDIATE"),
    span("cart", "view", 630, 650, db__statement="GET ?", db__system="redis"),
    span("POST", "view", 660, 680, scope="opentelemetry.instrumentation.httpx"),
]


def recorded(operation: str = "getBook") -> Json:
    """Return the results of one operation of one implementation."""
    shop = implementation_results(
        [(exchange(2000), []), (exchange(), SPANS)], [exchange(800)], "flask"
    )
    return {
        "operation": operation,
        "recorded": "2026-03-01T09:30:00Z",
        "database": "sqlite",
        "implementations": {"flask": shop},
    }
