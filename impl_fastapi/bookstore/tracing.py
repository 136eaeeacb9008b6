"""Traces, where a collector is named (runtime.md, Metrics and traces)."""

import os
from asyncio import to_thread
from typing import cast

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SERVICE = "bookstore-fastapi"


def register(app: FastAPI) -> None:
    """Trace each request, and what it asks of the store and the payment provider."""
    if not os.environ.get(ENDPOINT):
        return
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor

    _export()
    # A span of its own for each message of the protocol tells nothing.
    FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])
    HTTPXClientInstrumentor().instrument()
    RedisInstrumentor().instrument()


def register_engine(engine: AsyncEngine) -> None:
    """Trace what is asked of the database; the engine is made only when the application starts."""
    if not os.environ.get(ENDPOINT):
        return
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    SQLAlchemyInstrumentor().instrument(skip_dep_check=True, engine=engine.sync_engine)


async def end() -> None:
    """Send the last spans: uvicorn ends by the signal that it got, and without `atexit`."""
    if not os.environ.get(ENDPOINT):
        return
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    await to_thread(cast("TracerProvider", trace.get_tracer_provider()).shutdown)


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
