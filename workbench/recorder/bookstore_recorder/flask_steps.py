"""What Flask, Werkzeug and marshmallow do with a request."""

from typing import Any

import wrapt

from bookstore_recorder.shop import PACKAGE, label
from bookstore_recorder.spans import Function, traced, wrap


def install() -> None:
    """Wrap them once they are imported."""
    wrap("flask.app", "Flask.__call__", "framework", "Flask: the WSGI application")
    wrap("werkzeug.routing.map", "MapAdapter.match", "routing")
    wrap("flask.app", "Flask.dispatch_request", "framework")
    wrap("flask.app", "Flask.handle_user_exception", "framework")
    wrap("flask.app", "Flask.process_response", "framework")
    wrap("marshmallow.schema", "Schema.load", "input", "marshmallow Schema.load")
    wrap("werkzeug.wrappers.response", "Response.__call__", "answer", "Response to the server")
    wrapt.register_post_import_hook(_hooks, "flask.sansio.scaffold")


def _hooks(module: Any) -> None:
    """The shop's `before_request` and `after_request`, each by itself.

    Not `preprocess_request` as a whole: OpenTelemetry's own hook begins a span in it that goes on.
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
