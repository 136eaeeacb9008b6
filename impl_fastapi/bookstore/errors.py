"""The one error family: every problem of the contract's registry (RFC 9457)."""

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import Scope

logger = logging.getLogger(__name__)

REGISTRY = "https://bookstore.example/problems/"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One offending field: `pointer` (RFC 6901) for the body, `name` for everything else."""

    where: str
    at: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """As the contract's `FieldError`."""
        place = "pointer" if self.where == "body" else "name"
        return {"in": self.where, place: self.at[:1000], "code": self.code, "detail": self.detail}


class Problem(Exception):  # noqa: N818 the contract calls them problems
    """Whatever a request can be refused with; subclasses are the registry's names."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str = "", **members: Any) -> None:  # noqa: ANN401 any JSON
        super().__init__(detail or self.title)
        self.detail = detail or f"{self.title}."
        self.members = members
        self.headers: dict[str, str] = {}

    def as_json(self, *, instance: str, request_id: str) -> dict[str, Any]:
        """As the contract's `Problem`."""
        return {
            "type": REGISTRY + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance[:8192],
            "request_id": request_id,
            **self.members,
        }


class MalformedRequest(Problem):
    """The body or a header cannot be read at all."""

    slug, status, title = "malformed-request", 400, "The request cannot be read"


class IdempotencyKeyMissing(Problem):
    """A POST that moves stock needs an Idempotency-Key."""

    slug, status, title = "idempotency-key-missing", 400, "An Idempotency-Key is required"


class Unauthenticated(Problem):
    """No token, or one that does not count (RFC 6750)."""

    slug, status, title = "unauthenticated", 401, "A valid access token is required"

    def __init__(self, *, token_sent: bool = False) -> None:
        super().__init__()
        challenge = 'Bearer error="invalid_token"' if token_sent else "Bearer"
        self.headers["WWW-Authenticate"] = challenge


class InvalidCredentials(Problem):
    """Wrong e-mail address or password; never which."""

    slug, status, title = "invalid-credentials", 401, "The credentials are not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Bearer"


class InvalidRefreshToken(Problem):
    """Unknown, used, expired or revoked."""

    slug, status, title = "invalid-refresh-token", 401, "The refresh token is not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Bearer"


class Forbidden(Problem):
    """Signed in, but the role is too low."""

    slug, status, title = "forbidden", 403, "Your role does not allow this"


class NotFound(Problem):
    """Unknown path or id."""

    slug, status, title = "not-found", 404, "There is nothing here"


class MethodNotAllowed(Problem):
    """The path is known, the method is not."""

    slug, status, title = "method-not-allowed", 405, "This path does not have that method"

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.headers["Allow"] = allow


class NotAcceptable(Problem):
    """`Accept` leaves no representation."""

    slug, status, title = "not-acceptable", 406, "No acceptable representation"


class EmailTaken(Problem):
    """Another account has the address."""

    slug, status, title = "email-taken", 409, "The e-mail address is taken"


class LastAdmin(Problem):
    """Without it nobody could administrate."""

    slug, status, title = "last-admin", 409, "The last active admin stays one"


class NameTaken(Problem):
    """Names of authors and of categories are unique."""

    slug, status, title = "name-taken", 409, "The name is taken"


class IsbnTaken(Problem):
    """Another book has the ISBN."""

    slug, status, title = "isbn-taken", 409, "The ISBN is taken"


class AuthorInUse(Problem):
    """Books refer to the author."""

    slug, status, title = "author-in-use", 409, "Books refer to this author"


class CategoryInUse(Problem):
    """The category has books or subcategories."""

    slug, status, title = "category-in-use", 409, "The category is not empty"


class CategoryCycle(Problem):
    """A category below itself."""

    slug, status, title = "category-cycle", 409, "A category cannot be its own ancestor"


class InsufficientStock(Problem):
    """More would go than is there, or than is not promised."""

    slug, status, title = "insufficient-stock", 409, "There is not enough stock"


class IdempotencyKeyInFlight(Problem):
    """Its first request has not finished."""

    slug, status = "idempotency-key-in-flight", 409
    title = "A request with this Idempotency-Key is in progress"


class IdempotencyKeyReused(Problem):
    """Same key, other request."""

    slug, status = "idempotency-key-reused", 422
    title = "The Idempotency-Key was used for another request"


class PreconditionFailed(Problem):
    """`If-Match` or `If-None-Match` does not hold (RFC 9110)."""

    slug, status, title = "precondition-failed", 412, "The resource has changed"


class PreconditionRequired(Problem):
    """A guarded write without `If-Match` (RFC 6585)."""

    slug, status, title = "precondition-required", 428, "If-Match is required"


class ContentTooLarge(Problem):
    """The body exceeds the contract's limit."""

    slug, status, title = "content-too-large", 413, "The body is too large"


class UnsupportedMediaType(Problem):
    """`Content-Type` is none that the operation takes."""

    slug, status, title = "unsupported-media-type", 415, "The body's media type is not supported"


class ValidationFailed(Problem):
    """Well-formed but invalid; names every offending field."""

    slug, status, title = "validation-failed", 422, "The request is well-formed but not valid"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(errors=[error.as_json() for error in errors])


class ImportRejected(Problem):
    """`on_error=abort` and at least one bad row: nothing was imported."""

    slug, status, title = "import-rejected", 422, "The import was rejected"

    def __init__(self, errors: list[FieldError], *, truncated: bool) -> None:
        super().__init__(errors=[error.as_json() for error in errors], errors_truncated=truncated)


class TooManyRequests(Problem):
    """Too many failed password checks."""

    slug, status, title = "too-many-requests", 429, "Too many attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.headers["Retry-After"] = str(max(1, retry_after))


class InternalError(Problem):
    """A defect; the log has the traceback under the request's id."""

    slug, status, title = "internal-error", 500, "Something went wrong on our side"


class ServiceUnavailable(Problem):
    """A dependency is down or busy."""

    slug, status, title = "service-unavailable", 503, "A dependency is not available"

    def __init__(self, **members: Any) -> None:  # noqa: ANN401 any JSON
        super().__init__(**members)
        self.headers["Retry-After"] = "1"


def unknown_reference(pointer: str, what: str) -> FieldError:
    """An id in the body that names nothing."""
    return FieldError("body", pointer, "unknown", f"There is no such {what}.")


def problem_response(problem: Problem, scope: Scope) -> Response:
    """The problem as RFC 9457 has it."""
    request_id = scope["state"]["request_id"]
    body = to_json(problem.as_json(instance=scope["path"], request_id=request_id))
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(body, problem.status, headers, "application/problem+json")


def register(app: FastAPI) -> None:
    """Make every refusal a problem: the shop's, the framework's and the database's."""

    @app.exception_handler(Problem)
    async def shop(request: Request, problem: Problem) -> Response:
        return problem_response(problem, request.scope)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, _: HTTPException) -> Response:
        # Of its own, the framework is left with unknown paths only: app.py answers other methods.
        return problem_response(NotFound(), request.scope)

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeout)
    @app.exception_handler(OSError)
    async def database(request: Request, error: Exception) -> Response:
        if isinstance(error, DBAPIError) and not _is_away(error):
            raise error
        logger.warning("database: %s", error)
        return problem_response(ServiceUnavailable(), request.scope)


def _is_away(error: DBAPIError) -> bool:
    """Whether the database is unreachable or busy, and not the statement wrong."""
    busy = getattr(error.orig, "sqlstate", None) in {"55P03", "40P01", "40001", "57P01", "57P03"}
    return (
        busy or error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    )
