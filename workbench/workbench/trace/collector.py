"""An OpenTelemetry collector that receives the spans of the shops."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from workbench.processes import FailedError, Processes

TRACE_SECONDS = 30.0
"""How long to wait for the spans of a request."""

PHASE = "bookstore.phase"
REQUEST_ID = "bookstore.request_id"
SERVER_SCOPES = tuple(
    f"opentelemetry.instrumentation.{name}" for name in ("flask", "fastapi", "django")
)


@dataclass(frozen=True)
class Span:
    """A span as the shop sent it. Ids are in hexadecimal, times in nanoseconds since 1970."""

    trace: str
    id: str
    parent: str
    """The id of the parent span; empty for the root span."""
    name: str
    scope: str
    """The instrumentation that created the span."""
    start: int
    end: int
    attributes: dict[str, Any]

    @property
    def kind(self) -> str:
        """The recorder's phase, or else sql, redis, provider or framework."""
        if phase := self.attributes.get(PHASE):
            return str(phase)
        if self.attributes.get("db.system") == "redis":
            return "redis"
        if any(name.startswith("db.") for name in self.attributes):
            return "sql"
        return "provider" if self.scope.endswith(".httpx") else "framework"


@dataclass
class Collector:
    """Stores the spans that it receives, by trace."""

    url: str
    _by_trace: defaultdict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    _traces: dict[str, str] = field(default_factory=dict)

    def keep(self, span: Span) -> None:
        """Store a span by its trace, and the trace by its request id."""
        self._by_trace[span.trace].append(span)
        if request_id := span.attributes.get(REQUEST_ID):
            self._traces[str(request_id)] = span.trace

    def request(self, request_id: str, processes: Processes) -> list[Span]:
        """Wait for the root span of a request, which ends last, and return all its spans.

        Raises FailedError if the root span does not arrive.
        """
        deadline = time.monotonic() + TRACE_SECONDS
        while True:
            spans = self._by_trace[self._traces.get(request_id, "")]
            if any(not span.parent for span in spans):
                return list(spans)
            if time.monotonic() > deadline:
                raise FailedError(f"The spans of request {request_id} did not arrive in time.")
            processes.pause()


@contextmanager
def open_collector() -> Iterator[Collector]:
    """Run a collector on a free port (OTLP over HTTP with protobuf) until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            for span in spans_of(ExportTraceServiceRequest.FromString(content)):
                collector.keep(span)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Suppress the log of the HTTP server."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Yield the spans of an OTLP message."""
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.name,
                    scope.scope.name,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    {each.key: _value(each.value) for each in span.attributes},
                )


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return (
        getattr(value, kind)
        if kind in {"string_value", "int_value", "bool_value", "double_value"}
        else ""
    )
