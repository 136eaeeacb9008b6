"""The steps of Flask, Werkzeug and marshmallow."""

from typing import Any

import wrapt

from bookstore_recorder.shop import PACKAGE, label
from bookstore_recorder.spans import Function, traced, wrap


def install() -> None:
    """Wrap the steps once their modules are imported."""
    wrap("flask.app", "Flask.__call__", "framework", "Flask: the WSGI application")
    wrap("werkzeug.routing.map", "MapAdapter.match", "routing")
    wrap("flask.app", "Flask.dispatch_request", "framework")
    wrap("flask.app", "Flask.handle_user_exception", "framework")
    wrap("flask.app", "Flask.process_response", "framework")
    wrap("marshmallow.schema", "Schema.load", "input", "marshmallow Schema.load")
    wrap("werkzeug.wrappers.response", "Response.__call__", "answer", "Response to the server")
    wrapt.register_post_import_hook(_hooks, "flask.sansio.scaffold")


def _hooks(module: Any) -> None:
    """Wrap each `before_request` and `after_request` function of the shop.

    `preprocess_request` cannot be wrapped: OpenTelemetry's hook starts a span inside it that ends
    after it.
    """
    for name in ("before_request", "after_request"):
        register = getattr(module.Scaffold, name)
        setattr(module.Scaffold, name, wrapt.FunctionWrapper(register, _traced_hook))


def _traced_hook(register: Function, _self: object, given: Any, _named: Any) -> Any:
    (hook,) = given
    if not hook.__module__.startswith(PACKAGE):
        return register(hook)
    register(traced(label(hook.__module__, hook.__qualname__), "middleware")(hook))
    return hook
