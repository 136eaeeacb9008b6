"""The aiohttp application: authentication, problem responses, and the request log."""

import asyncio
import hmac
import sys
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.database import open_database
from sandbox.delivery import Delivery
from sandbox.faults import Faults
from sandbox.logs import log
from sandbox.misbehaviour import ELSEWHERE, elsewhere, misbehave
from sandbox.problems import Problem, Unauthorized, problem
from sandbox.settings import Settings
from sandbox.state import DATABASE, DELIVERY, FAULTS
from sandbox.views import routes

LARGEST_BODY = 64 * 1024

FRAMEWORK_CODES = {413: "content_too_large"}


def make_app(settings: Settings) -> web.Application:
    """Create the application. Raises sqlite3.Error if the database cannot be opened."""
    app = web.Application(
        middlewares=[log_request, answer_problems, api_key_check(settings.api_key), misbehave],
        client_max_size=LARGEST_BODY,
    )
    app[DATABASE] = open_database(settings.database)
    app[DELIVERY] = Delivery(app[DATABASE], settings)
    app[FAULTS] = Faults()
    app.add_routes(routes)
    app.router.add_get(ELSEWHERE + "{false_report}", elsewhere, name="elsewhere")
    app.cleanup_ctx.append(deliver_events)
    return app


async def deliver_events(app: web.Application) -> AsyncIterator[None]:
    """Run the delivery of events for as long as the server runs."""
    task = asyncio.create_task(app[DELIVERY].run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    app[DATABASE].close()


@web.middleware
async def log_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log the request and the status of its response."""
    began = time.perf_counter()
    answer = await handler(request)
    log(
        "request",
        method=request.method,
        path=request.path,
        status=answer.status,
        duration_ms=round((time.perf_counter() - began) * 1000, 2),
    )
    return answer


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error, also those of aiohttp, into problem details."""
    try:
        return await handler(request)
    except Problem as refusal:
        return refusal.answer()
    except web.HTTPException as error:
        code = FRAMEWORK_CODES.get(error.status) or error.reason.lower().replace(" ", "_")
        allow = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return problem(error.status, code, f"{error.reason}.", allow)
    except Exception:  # noqa: BLE001 -- the client gets a 500, and the log the traceback
        traceback.print_exc(file=sys.stderr)
        return problem(500, "internal_error", "The sandbox failed; see its log.")


def api_key_check(api_key: str) -> Middleware:
    """Create the middleware that rejects requests without the API key."""
    expected = f"Bearer {api_key}".encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            raise Unauthorized(
                "Send the API key as a Bearer token.", {"WWW-Authenticate": "Bearer"}
            )
        return await handler(request)

    return check
