"""Traces, where a collector is named (runtime.md, Metrics and traces)."""

import os
from collections.abc import Iterator
from multiprocessing.util import Finalize
from typing import Any

from flask import Flask

from .database import db

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SERVICE = "bookstore-flask"


def register(app: Flask) -> None:
    """Trace each request, and what it asks of the database, the store and the payment provider."""
    if not os.environ.get(ENDPOINT):
        return
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    _export()
    FlaskInstrumentor().instrument_app(app)  # type: ignore[no-untyped-call]  # OpenTelemetry has no type hint here
    HTTPXClientInstrumentor().instrument()
    RedisInstrumentor().instrument()
    with app.app_context():
        SQLAlchemyInstrumentor().instrument(skip_dep_check=True, engines=list(db.engines.values()))


def correlate(request_id: str) -> dict[str, str]:
    """Write a request's id into its span; what the request's log line says of the trace."""
    if not os.environ.get(ENDPOINT):
        return {}
    from opentelemetry import trace

    span = trace.get_current_span()
    span.set_attribute("bookstore.request_id", request_id)
    context = span.get_span_context()
    return {"trace_id": trace.format_trace_id(context.trace_id)} if context.is_valid else {}


def traced(chunks: Iterator[str]) -> Iterator[str]:
    """The chunks of a streamed answer, read within the trace of its request.

    The instrumentation leaves the trace when the view returns: before the first chunk is read.
    """
    if not os.environ.get(ENDPOINT):
        return chunks
    from opentelemetry import context

    return _read_within(context.get_current(), chunks)


def _read_within(trace: Any, chunks: Iterator[str]) -> Iterator[str]:
    from opentelemetry import context

    while True:
        token = context.attach(trace)
        try:
            chunk = next(chunks, None)
        finally:
            context.detach(token)
        if chunk is None:
            return
        yield chunk


def _export() -> None:
    """Send spans to the collector, from a thread of this worker's own."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", SERVICE)})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    # A worker ends without what is registered with `atexit`.
    Finalize(None, provider.shutdown, exitpriority=1)
