"""The steps of Django and REST framework."""

from typing import Any

import wrapt

from bookstore_recorder.shop import layer_label
from bookstore_recorder.spans import Function, traced, wrap


def install() -> None:
    """Wrap the steps once their modules are imported."""
    wrap(
        "django.core.handlers.wsgi",
        "WSGIHandler.__call__",
        "framework",
        "Django: the WSGI application",
    )
    wrap("django.core.handlers.base", "BaseHandler.resolve_request", "routing")
    for step in ("dispatch", "initialize_request", "check_permissions", "handle_exception"):
        phase = "auth" if step == "check_permissions" else "framework"
        wrap("rest_framework.views", f"APIView.{step}", phase)
    wrap("rest_framework.views", "APIView.perform_authentication", "auth")
    wrap("rest_framework.views", "APIView.perform_content_negotiation", "input")
    wrap("rest_framework.views", "APIView.finalize_response", "framework")
    wrap("rest_framework.serializers", "Serializer.run_validation", "input")
    wrap("django.db.transaction", "Atomic.__enter__", "transaction", "atomic begins")
    wrap("django.db.transaction", "Atomic.__exit__", "transaction", "atomic ends")
    wrap("django.db.backends.base.base", "BaseDatabaseWrapper._commit", "sql", "COMMIT")
    wrapt.register_post_import_hook(_middleware, "django.core.handlers.base")


def _middleware(module: Any) -> None:
    """Wrap each middleware: Django passes each to `convert_exception_to_response`."""

    def convert(wrapped: Function, _self: object, given: Any, _named: Any) -> Any:
        (layer,) = given
        kind = layer.__self__.__class__ if hasattr(layer, "__self__") else type(layer)
        if kind.__module__.startswith("opentelemetry."):
            return wrapped(layer)
        if kind.__module__.startswith("django.core.handlers."):
            return traced("BaseHandler._get_response", "framework")(wrapped(layer))
        return traced(layer_label(kind), "middleware")(wrapped(layer))

    name = "convert_exception_to_response"
    setattr(module, name, wrapt.FunctionWrapper(getattr(module, name), convert))
