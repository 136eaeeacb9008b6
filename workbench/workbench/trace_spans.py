"""Where the shops send their spans, and what a span is here."""

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

SECONDS = 30.0
"""How long a trace is waited for."""

PHASE = "bookstore.phase"
REQUEST_ID = "bookstore.request_id"
SERVER_SCOPES = tuple(
    f"opentelemetry.instrumentation.{name}" for name in ("flask", "fastapi", "django")
)


@dataclass(frozen=True)
class Span:
    """A part of a request, as it was sent: ids in hexadecimal, nanoseconds since 1970."""

    trace: str
    id: str
    parent: str
    """Empty for the outermost."""
    name: str
    scope: str
    """Which instrumentation made it."""
    start: int
    end: int
    attributes: dict[str, Any]

    @property
    def kind(self) -> str:
        """What was at work: a phase of the recorder's, or sql, redis, provider."""
        if phase := self.attributes.get(PHASE):
            return str(phase)
        if self.attributes.get("db.system") == "redis":
            return "redis"
        if any(name.startswith("db.") for name in self.attributes):
            return "sql"
        return "provider" if self.scope.endswith(".httpx") else "framework"


@dataclass
class Collector:
    """Takes what the shops send."""

    url: str
    _by_trace: defaultdict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    _traces: dict[str, str] = field(default_factory=dict)

    def keep(self, span: Span) -> None:
        self._by_trace[span.trace].append(span)
        if request_id := span.attributes.get(REQUEST_ID):
            self._traces[str(request_id)] = span.trace

    def request(self, request_id: str, processes: Processes) -> list[Span]:
        """All spans of a request, once its outermost has come, which ends last.

        Raises FailedError if it does not come.
        """
        deadline = time.monotonic() + SECONDS
        while True:
            spans = self._by_trace[self._traces.get(request_id, "")]
            if any(not span.parent for span in spans):
                return list(spans)
            if time.monotonic() > deadline:
                raise FailedError(f"The trace of request {request_id} has not come.")
            processes.pause()


@contextmanager
def open_collector() -> Iterator[Collector]:
    """One on a port of its own (OTLP over HTTP, protobuf), until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            for span in spans_of(ExportTraceServiceRequest.FromString(content)):
                collector.keep(span)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

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
    """What one message of OTLP holds."""
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
