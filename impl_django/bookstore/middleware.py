"""What surrounds every request, and what surrounds those of the admin site alone."""

import functools
import logging
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

from . import metrics, tracing
from .http import drain_body

SANE_REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,128}")
ADMIN = "/admin/"

logger = logging.getLogger("bookstore.requests")


class ServiceMiddleware:
    """Gives each request an id and each answer what every answer carries; logs it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began, environ = time.perf_counter(), request.META
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if SANE_REQUEST_ID.fullmatch(given) else str(uuid4())
        environ["bookstore.request_id"] = request_id
        response = self.get_response(request)
        drain_body(environ)
        response["X-Request-Id"] = request_id
        response["X-Content-Type-Options"] = "nosniff"
        if "Content-Type" in response and not response.streaming:
            response["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]  # it does not stream, so it has content
        method, match, seconds = (
            str(request.method),
            request.resolver_match,
            time.perf_counter() - began,
        )
        route = _template(match.route) if match else None
        metrics.observe(method=method, route=route, status=response.status_code, seconds=seconds)
        logger.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "path": request.path,
                "status": response.status_code,
                "duration_ms": round(seconds * 1000, 2),
                "request_id": request_id,
                "user_id": environ.get("bookstore.user_id"),
                **tracing.correlate(request_id),
            },
        )
        return response


@functools.cache
def _template(route: str) -> str:
    """The contract's form of a Django route."""
    return "/" + re.sub("<(?:id:)?([a-z_]+)>", r"{\1}", route)


class AdminOnly:
    """Steps aside for what is not the admin site: the API has no cookies, forms or static files."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, through this middleware or past it."""
        if request.path_info.startswith(ADMIN):
            response: HttpResponseBase = super().__call__(request)  # type: ignore[misc]  # the class is mixed into a middleware
            return response
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *arguments: Any) -> Any:
        """What the middleware has to say before the view, if anything."""
        hook = getattr(super(), "process_view", None)
        return hook(request, *arguments) if hook and request.path_info.startswith(ADMIN) else None


def admin_only(middleware: type[Any]) -> type[Any]:
    """`middleware`, in front of the admin site alone."""
    return type(f"Admin{middleware.__name__}", (AdminOnly, middleware), {})


AdminStaticMiddleware = admin_only(WhiteNoiseMiddleware)
AdminSessionMiddleware = admin_only(SessionMiddleware)
AdminCsrfMiddleware = admin_only(CsrfViewMiddleware)
AdminAuthenticationMiddleware = admin_only(AuthenticationMiddleware)
AdminMessageMiddleware = admin_only(MessageMiddleware)
AdminFrameMiddleware = admin_only(XFrameOptionsMiddleware)
