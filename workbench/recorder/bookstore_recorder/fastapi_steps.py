"""The steps of FastAPI and Starlette."""

import time
from contextvars import ContextVar
from functools import cache
from typing import Any

import wrapt

from bookstore_recorder.shop import PACKAGE, label, layer_label, phase_of
from bookstore_recorder.spans import Function, is_traced, past, span, traced_dependency, wrap

_routing_began: ContextVar[int | None] = ContextVar("routing_began", default=None)


def install() -> None:
    """Wrap the steps once their modules are imported."""
    wrap("fastapi.routing", "solve_dependencies", "framework")
    wrap("fastapi.routing", "run_endpoint_function", "framework")
    wrap("starlette.responses", "Response.__call__", "answer", "Response to the server")
    wrap("starlette.responses", "StreamingResponse.__call__", "answer", "Response to the server")
    wrapt.register_post_import_hook(_application, "fastapi.applications")
    wrapt.register_post_import_hook(_router, "fastapi.routing")
    wrapt.register_post_import_hook(_dependencies, "fastapi.dependencies.utils")


def _application(module: Any) -> None:
    """Wrap the application and each of its middlewares."""

    async def serve(wrapped: Function, instance: Any, given: Any, named: Any) -> None:
        if instance.middleware_stack is None:
            stack = instance.build_middleware_stack()
            _trace_layers(stack)
            instance.middleware_stack = _traced_layer(stack)
        scope = given[0] if given else named["scope"]
        if scope["type"] != "http":  # lifespan: startup and shutdown
            await wrapped(*given, **named)
            return
        with span("FastAPI: the ASGI application", "framework"):
            await wrapped(*given, **named)

    module.FastAPI.__call__ = wrapt.FunctionWrapper(module.FastAPI.__call__, serve)


def _trace_layers(layer: Any) -> None:
    """Wrap the middlewares. Each has the next one as `app`; the last one is the router."""
    while hasattr(layer, "app") and not hasattr(layer, "routes"):
        following = layer.app
        if not hasattr(following, "routes"):
            layer.app = _traced_layer(following)
        layer = following


def _traced_layer(layer: Any) -> Any:
    """Wrap a middleware, unless it is OpenTelemetry's."""
    kind = type(layer)
    if kind.__module__.startswith("opentelemetry."):
        return layer
    name = layer_label(kind)

    async def serve(wrapped: Function, _self: object, given: Any, named: Any) -> None:
        with span(name, "middleware"):
            await wrapped(*given, **named)

    return wrapt.FunctionWrapper(layer, serve)


def _router(module: Any) -> None:
    """Wrap the routing: from the call of the router until a route handles the request."""

    async def find_route(wrapped: Function, _self: object, given: Any, named: Any) -> None:
        _routing_began.set(time.time_ns())
        await wrapped(*given, **named)

    async def handle(wrapped: Function, _self: object, given: Any, named: Any) -> None:
        if began := _routing_began.get():
            _routing_began.set(None)
            past("Router.app: find the route", "routing", began)
        await wrapped(*given, **named)

    module.APIRouter.app = wrapt.FunctionWrapper(module.APIRouter.app, find_route)
    module.APIRoute.handle = wrapt.FunctionWrapper(module.APIRoute.handle, handle)


def _dependencies(module: Any) -> None:
    """Wrap each dependency of the shop, also one that a function returns: `read_json(Model)`."""

    def read(wrapped: Function, _self: object, given: Any, named: Any) -> Any:
        return wrapped(*given, **{**named, "call": _traced(named["call"])})

    module.get_dependant = wrapt.FunctionWrapper(module.get_dependant, read)


@cache
def _traced(call: Any) -> Any:
    """Return one wrapper per dependency: FastAPI then still calls it once per request."""
    is_shops = str(getattr(call, "__module__", "")).startswith(PACKAGE)
    if not is_shops or is_traced(call) or isinstance(call, type):
        return call
    name = label(call.__module__, call.__qualname__)
    return traced_dependency(call, name, phase_of(call.__module__) or "transaction")
