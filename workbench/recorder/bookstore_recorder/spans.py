"""Put spans around functions, coroutines and generators."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, cast

import wrapt
from opentelemetry import trace

PHASE = "bookstore.phase"
"""The name of the attribute with the phase of the request."""

Function = Callable[..., Any]

_tracer = trace.get_tracer("bookstore_recorder")


def span(name: str, phase: str) -> AbstractContextManager[trace.Span]:
    """Return a context manager that records a span. Spans inside the block are its children."""
    return _tracer.start_as_current_span(
        name, attributes={PHASE: phase}, record_exception=False, set_status_on_exception=False
    )


def past(name: str, phase: str, began: int) -> None:
    """Record a span that ends now. `began` is in nanoseconds since 1970."""
    _tracer.start_span(name, attributes={PHASE: phase}, start_time=began).end()


def is_traced(function: object) -> bool:
    """Return whether `traced` made this function itself, and not only one that it wraps."""
    return getattr(function, "__recorded__", None) is function


def traced(name: str, phase: str) -> Callable[[Function], Function]:
    """Return a decorator that records each call as a span.

    A generator function stays unchanged, because its call does not run its code. The result is a
    function and not a proxy: `functools.wraps` on a proxy would change the wrapped function.
    """

    def decorate(function: Function) -> Function:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            return function

        @functools.wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            with span(name, phase):
                return function(*given, **named)

        @functools.wraps(function)
        async def call_async(*given: Any, **named: Any) -> Any:
            with span(name, phase):
                return await function(*given, **named)

        around: Any = call_async if inspect.iscoroutinefunction(function) else call
        around.__recorded__ = around
        return cast("Function", around)

    return decorate


def traced_dependency(function: Function, name: str, phase: str) -> Function:
    """Wrap a dependency. A generator with one `yield` gets a span before it and one after it."""
    if inspect.isasyncgenfunction(function):
        return wrapt.FunctionWrapper(function, _two_async_spans(name, phase))
    if inspect.isgeneratorfunction(function):
        return wrapt.FunctionWrapper(function, _two_spans(name, phase))
    return traced(name, phase)(function)


def _two_spans(name: str, phase: str) -> Function:
    def call(wrapped: Function, _self: object, given: Any, named: Any) -> Iterator[Any]:
        manager = contextmanager(wrapped)(*given, **named)
        with span(f"{name}, until yield", phase):
            value = manager.__enter__()
        try:
            yield value
        except BaseException as error:
            with span(f"{name}, after yield", phase):
                if not manager.__exit__(type(error), error, error.__traceback__):
                    raise
        else:
            with span(f"{name}, after yield", phase):
                manager.__exit__(None, None, None)

    return call


def _two_async_spans(name: str, phase: str) -> Function:
    async def call(
        wrapped: Function,
        _self: object,
        given: Any,
        named: Any,
    ) -> AsyncIterator[Any]:
        manager = asynccontextmanager(wrapped)(*given, **named)
        with span(f"{name}, until yield", phase):
            value = await manager.__aenter__()
        try:
            yield value
        except BaseException as error:
            with span(f"{name}, after yield", phase):
                if not await manager.__aexit__(type(error), error, error.__traceback__):
                    raise
        else:
            with span(f"{name}, after yield", phase):
                await manager.__aexit__(None, None, None)

    return call


def wrap(module: str, path: str, phase: str, name: str | None = None) -> None:
    """Trace a function or method once its module is imported."""

    def when_imported(imported: Any) -> None:
        owner, _, attribute = path.rpartition(".")
        holder = getattr(imported, owner) if owner else imported
        setattr(holder, attribute, traced(name or path, phase)(getattr(holder, attribute)))

    wrapt.register_post_import_hook(when_imported, module)
