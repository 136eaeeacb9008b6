"""How long requests take, for Prometheus, on a port of its own (runtime.md, Metrics and traces)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Histogram

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names where workers keep their counts; it is there where they are wanted."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LABELS = ("http_request_method", "http_route", "http_response_status_code")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""In seconds, as OpenTelemetry's semantic conventions have them."""


@cache
def durations() -> "Histogram | None":
    """The histogram, in a worker whose counts are wanted.

    Asked for before there are threads: two would both make it, which Prometheus refuses.
    """
    if FOLDER not in os.environ:
        return None
    from prometheus_client import Histogram

    return Histogram(
        "http_server_request_duration_seconds",
        "Duration of HTTP requests.",
        LABELS,
        buckets=BUCKETS,
    )


def observe(*, method: str, route: str | None, status: int, seconds: float) -> None:
    """Count a request, in a worker whose counts are wanted."""
    if counted := durations():
        known = method if method in METHODS else "_OTHER"
        counted.labels(known, route or "", status).observe(seconds)


@contextmanager
def told(*, host: str, port: int, folder: Path) -> Iterator[None]:
    """Tell what workers count in `folder` to whoever asks `port`; nobody, if that is 0."""
    if not port:
        yield
        return
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]  # prometheus_client has no type hint here
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
