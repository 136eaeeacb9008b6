"""Spans around functions, whatever kind of function it is."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, cast

import wrapt
from opentelemetry import trace

PHASE = "bookstore.phase"
"""The attribute that says which part of serving a request this is."""

Function = Callable[..., Any]

_tracer = trace.get_tracer("bookstore_recorder")


def span(name: str, phase: str) -> AbstractContextManager[trace.Span]:
    """A span while the block lasts; what is asked of the database in it lies below it."""
    return _tracer.start_as_current_span(
        name, attributes={PHASE: phase}, record_exception=False, set_status_on_exception=False
    )


def past(name: str, phase: str, began: int) -> None:
    """A span that began so many nanoseconds after 1970, and ends now."""
    _tracer.start_span(name, attributes={PHASE: phase}, start_time=began).end()


def is_traced(function: object) -> bool:
    """Whether it has a span already, itself and not only what it wraps."""
    return getattr(function, "__recorded__", None) is function


def traced(name: str, phase: str) -> Callable[[Function], Function]:
    """A decorator: each call is a span. Generators it leaves alone: their call does nothing yet.

    It gives a plain function, for of a proxy `functools.wraps` would change what it wraps.
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
    """The same for what may be a generator with one `yield`: a span before that, and one after."""
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
    """Trace a function or method of a module, once that is imported."""

    def when_imported(imported: Any) -> None:
        owner, _, attribute = path.rpartition(".")
        holder = getattr(imported, owner) if owner else imported
        setattr(holder, attribute, traced(name or path, phase)(getattr(holder, attribute)))

    wrapt.register_post_import_hook(when_imported, module)
