"""How long requests take, for Prometheus, on a port of its own (runtime.md, Metrics and traces)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
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


def _durations() -> "Histogram":
    from prometheus_client import Histogram

    return Histogram(
        "http_server_request_duration_seconds",
        "Duration of HTTP requests.",
        LABELS,
        buckets=BUCKETS,
    )


# Not made by whoever needs it first: it can be made once.
DURATIONS = _durations() if FOLDER in os.environ else None


def observe(*, method: str, route: str | None, status: int, seconds: float) -> None:
    """Count a request, in a worker whose counts are wanted."""
    if DURATIONS:
        known = method if method in METHODS else "_OTHER"
        DURATIONS.labels(known, route or "", status).observe(seconds)


@contextmanager
def told(*, host: str, port: int, folder: Path) -> Iterator[None]:
    """Tell what workers count in `folder` to whoever asks `port`; nobody, if that is 0."""
    if not port:
        yield
        return
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
