"""Traces, where a collector is named (runtime.md, Metrics and traces)."""

import os
from multiprocessing.util import Finalize

from django.db import connection

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SERVICE = "bookstore-django"


def register() -> None:
    """Trace each request, and what it asks of the database, the store and the payment provider."""
    if not os.environ.get(ENDPOINT):
        return
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor

    _export()
    DjangoInstrumentor().instrument()
    HTTPXClientInstrumentor().instrument()
    RedisInstrumentor().instrument()
    (
        PsycopgInstrumentor if connection.vendor == "postgresql" else SQLite3Instrumentor
    )().instrument()


def correlate(request_id: str) -> dict[str, str]:
    """Write a request's id into its span; what the request's log line says of the trace."""
    if not os.environ.get(ENDPOINT):
        return {}
    from opentelemetry import trace

    span = trace.get_current_span()
    span.set_attribute("bookstore.request_id", request_id)
    context = span.get_span_context()
    return {"trace_id": trace.format_trace_id(context.trace_id)} if context.is_valid else {}


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
