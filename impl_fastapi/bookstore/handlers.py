"""Every refusal becomes a problem: the shop's, the framework's, the database's and Redis's."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.routing import iter_route_contexts
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .errors import MalformedRequest, MethodNotAllowed, NotFound, ServiceUnavailable
from .problem import Problem, problem_response

logger = logging.getLogger(__name__)


def register(app: FastAPI) -> None:
    """Make every refusal a problem: the shop's, the framework's, the database's and Redis's."""

    @app.exception_handler(Problem)
    async def shop(request: Request, problem: Problem) -> Response:
        return problem_response(problem, request.scope)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return problem_response(NotFound(), request.scope)
        allow = _allow(request)
        if request.method == "OPTIONS":
            headers = {"Allow": allow, "Cache-Control": "no-store"}
            return Response(status_code=204, headers=headers)
        return problem_response(MethodNotAllowed(allow), request.scope)

    @app.exception_handler(ClientDisconnect)
    async def half_a_body(request: Request, _: Exception) -> Response:
        # The client has gone, or what it sends is no HTTP any more: no failure of ours.
        return problem_response(MalformedRequest("The body is not complete."), request.scope)

    @app.exception_handler(RedisError)
    async def redis(request: Request, error: Exception) -> Response:
        logger.warning("redis: %s", error)
        return problem_response(ServiceUnavailable(), request.scope)

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeout)
    @app.exception_handler(OSError)
    async def database(request: Request, error: Exception) -> Response:
        if isinstance(error, DBAPIError) and not _is_away(error):
            raise error
        logger.warning("database: %s", error)
        return problem_response(ServiceUnavailable(), request.scope)


def _allow(request: Request) -> str:
    """Return all methods of the path: Starlette's own 405 names those of one route only."""
    path = request.scope["route"].path
    routes = iter_route_contexts(request.app.routes)
    methods = {method for route in routes if route.path == path for method in route.methods or ()}
    more = {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
    return ", ".join(sorted(methods | more))


def _is_away(error: DBAPIError) -> bool:
    """Whether the database is unreachable, busy or full, and not the statement wrong."""
    state = getattr(error.orig, "sqlstate", None) or ""
    busy = state in {"55P03", "40P01", "40001"} or state[:2] in {"53", "57"}  # no room, or ended
    return (
        busy or error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    )
