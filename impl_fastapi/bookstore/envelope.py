"""What every answer has, whoever made it: a request id, a log line, and HEAD without a body.

Pure ASGI: Starlette's `BaseHTTPMiddleware` costs a task and two queues a request.
"""

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import metrics, tracing
from .errors import InternalError
from .logs import requests
from .problem import problem_response

logger = logging.getLogger(__name__)
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class Envelope:
    """The outermost layer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        head_only = scope["method"] == "HEAD"
        sent = Headers(scope=scope)
        asked = sent.get("x-request-id", "")
        request_id = asked if SANE_ID.fullmatch(asked) else str(uuid4())
        # HEAD is GET to the routes: the answer keeps its headers and loses its body.
        inner: Scope = {**scope, "method": "GET" if head_only else scope["method"]}
        trace = tracing.correlate(request_id)  # now: the span ends with the answer
        inner["state"] = {**scope.get("state", {}), "request_id": request_id}

        async def send_enveloped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                # RFC 9112, 6.3: a message with both lengths may hide a second request. h11 reads it
                # by the chunks, but does not close the connection by itself.
                if "transfer-encoding" in sent and "content-length" in sent:
                    headers["Connection"] = "close"
            await send(message)

        try:
            await self.app(inner, receive, send_enveloped)
        except Exception:
            logger.exception("failure", extra={"members": {"request_id": request_id}})
            if status:
                raise
            response = problem_response(InternalError(), inner)
            await response(inner, receive, send_enveloped)
        finally:
            _tell(scope, inner, status, time.perf_counter() - started, trace)


def _tell(scope: Scope, inner: Scope, status: int, seconds: float, trace: dict[str, str]) -> None:
    """Count a request, and log it."""
    method, request_id = scope["method"], inner["state"]["request_id"]
    route = getattr(inner.get("route"), "path_format", None)
    metrics.observe(method=method, route=route, status=status, seconds=seconds)
    members = {
        "method": method,
        "route": route,
        "path": scope["path"],
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "request_id": request_id,
        "user_id": inner["state"].get("user_id"),
        **trace,
    }
    requests.info("request", extra={"members": members})
