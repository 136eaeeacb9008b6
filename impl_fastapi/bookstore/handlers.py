"""Every refusal becomes a problem: the shop's, the framework's, the database's and Redis's."""

import logging

from fastapi import FastAPI, Request, Response
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .errors import MalformedRequest, NotFound, ServiceUnavailable
from .problem import Problem, problem_response

logger = logging.getLogger(__name__)


def register(app: FastAPI) -> None:
    """Make every refusal a problem: the shop's, the framework's, the database's and Redis's."""

    @app.exception_handler(Problem)
    async def shop(request: Request, problem: Problem) -> Response:
        return problem_response(problem, request.scope)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, _: HTTPException) -> Response:
        # Of its own, the framework is left with unknown paths only: app.py answers other methods.
        return problem_response(NotFound(), request.scope)

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


def _is_away(error: DBAPIError) -> bool:
    """Whether the database is unreachable, busy or full, and not the statement wrong."""
    state = getattr(error.orig, "sqlstate", None) or ""
    busy = state in {"55P03", "40P01", "40001"} or state[:2] in {"53", "57"}  # no room, or ended
    return (
        busy or error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    )
