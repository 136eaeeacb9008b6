"""The problems that this service returns (RFC 9457), and how failures become problems."""

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

REGISTRY = "https://bookstore.example/problems/"
MAX_ERRORS = 10_000


@dataclass(frozen=True, slots=True)
class FieldError:
    """One offending field: a JSON pointer into the body, or the name of a parameter or header."""

    place: Literal["body", "query", "header", "path"]
    where: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """The contract's FieldError."""
        key = "pointer" if self.place == "body" else "name"
        return {
            "location": self.place,
            key: self.where[:1000],
            "code": self.code,
            "detail": self.detail[:1000],
        }


class Problem(Exception):
    """A response that is not a success; each subclass is one problem type of the contract.

    The docstring of a subclass is its default detail. `extension` holds the problem's own members,
    `headers` the additional headers of the response.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init_subclass__(cls, *, slug: str, status: int, title: str) -> None:
        cls.slug, cls.status, cls.title = slug, status, title

    def __init__(
        self, detail: str | None = None, *, headers: dict[str, str] | None = None, **extension: Any
    ) -> None:
        super().__init__(detail or self.__doc__)
        self.headers = headers or {}
        self.extension = extension

    def as_json(self, instance: str, request_id: str) -> dict[str, Any]:
        """The contract's Problem."""
        return {
            "type": REGISTRY + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": str(self),
            "instance": instance,
            "request_id": request_id,
            **self.extension,
        }


class MalformedRequest(
    Problem, slug="malformed-request", status=400, title="The request cannot be read"
):
    """The body cannot be read."""


class IdempotencyKeyMissing(
    Problem, slug="idempotency-key-missing", status=400, title="An Idempotency-Key is required"
):
    """Send an Idempotency-Key header, and repeat it when you repeat the request."""


class Unauthenticated(
    Problem, slug="unauthenticated", status=401, title="A valid access token is required"
):
    """The access token is missing, malformed, expired or revoked."""


class InvalidCredentials(
    Problem, slug="invalid-credentials", status=401, title="The credentials are not valid"
):
    """No active account has this e-mail address and password."""


class InvalidRefreshToken(
    Problem, slug="invalid-refresh-token", status=401, title="The refresh token is not valid"
):
    """The refresh token is unknown, expired or revoked, or it was used before."""


class InvalidSignature(
    Problem, slug="invalid-signature", status=401, title="The signature is not valid"
):
    """No configured secret matches the signature, or its timestamp is too old."""


class Forbidden(Problem, slug="forbidden", status=403, title="This operation is not allowed"):
    """This operation requires another role."""


class NotFound(Problem, slug="not-found", status=404, title="Not found"):
    """The resource does not exist, or you cannot access it."""


class MethodNotAllowed(
    Problem, slug="method-not-allowed", status=405, title="The path does not support this method"
):
    """The Allow header lists the methods of this path."""


class NotAcceptable(
    Problem, slug="not-acceptable", status=406, title="No acceptable representation"
):
    """Accept allows none of the available media types."""


class EmailTaken(Problem, slug="email-taken", status=409, title="The e-mail address is taken"):
    """Another account has this e-mail address."""


class LastAdmin(Problem, slug="last-admin", status=409, title="This is the last active admin"):
    """Make another active user an admin first."""


class NameTaken(Problem, slug="name-taken", status=409, title="The name is taken"):
    """Another resource has this name."""


class IsbnTaken(Problem, slug="isbn-taken", status=409, title="The ISBN is taken"):
    """Another book has this ISBN."""


class AuthorInUse(Problem, slug="author-in-use", status=409, title="Books refer to this author"):
    """Remove the author from these books first."""


class CategoryInUse(Problem, slug="category-in-use", status=409, title="The category is not empty"):
    """Books or subcategories refer to this category."""


class CategoryCycle(
    Problem, slug="category-cycle", status=409, title="A category cannot be its own ancestor"
):
    """The new parent is the category itself or one of its descendants."""


class BookOrdered(Problem, slug="book-ordered", status=409, title="The book has been ordered"):
    """A book that has been ordered cannot be deleted."""


class InsufficientStock(
    Problem, slug="insufficient-stock", status=409, title="There is not enough stock"
):
    """The stock on hand cannot fall below the reserved stock."""


class IdempotencyKeyInFlight(
    Problem,
    slug="idempotency-key-in-flight",
    status=409,
    title="A request with this Idempotency-Key is in progress",
):
    """Wait for the response to the first request, then repeat."""


class CartEmpty(Problem, slug="cart-empty", status=409, title="The cart is empty"):
    """Put a book into the cart first."""


class CartFull(Problem, slug="cart-full", status=409, title="The cart is full"):
    """A cart holds at most 50 different books."""


class PriceChanged(Problem, slug="price-changed", status=409, title="A price has changed"):
    """The price of a book has changed since it was put into the cart."""


class OrderState(
    Problem, slug="order-state", status=409, title="The state of the order does not allow this"
):
    """This operation requires another state of the order."""


class PaymentInProgress(
    Problem, slug="payment-in-progress", status=409, title="A payment is in progress"
):
    """The outcome of an earlier payment is still unknown."""


class RefundExceedsCaptured(
    Problem,
    slug="refund-exceeds-captured",
    status=409,
    title="The refund exceeds the captured amount",
):
    """The refund exceeds the captured amount."""


class ReviewNotAllowed(
    Problem, slug="review-not-allowed", status=409, title="You have not received this book"
):
    """You can review a book after an order of it was delivered to you."""


class AlreadyReviewed(
    Problem, slug="already-reviewed", status=409, title="You have already reviewed this book"
):
    """Change your review instead of writing a second one."""


class PreconditionFailed(
    Problem, slug="precondition-failed", status=412, title="The resource has changed"
):
    """The current entity tag does not match the precondition."""


class ContentTooLarge(Problem, slug="content-too-large", status=413, title="The body is too large"):
    """The body has more bytes than this operation accepts."""


class UnsupportedMediaType(
    Problem, slug="unsupported-media-type", status=415, title="The media type is not supported"
):
    """This operation does not support the Content-Type of the body."""


class ValidationFailed(
    Problem, slug="validation-failed", status=422, title="The request is not valid"
):
    """At least one field is not valid."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(errors=[error.as_json() for error in errors[:MAX_ERRORS]])


class ImportRejected(Problem, slug="import-rejected", status=422, title="The import was rejected"):
    """At least one row is not valid. Nothing was imported."""

    def __init__(self, errors: list[FieldError], *, truncated: bool) -> None:
        super().__init__(errors=[error.as_json() for error in errors], errors_truncated=truncated)


class IdempotencyKeyReused(
    Problem,
    slug="idempotency-key-reused",
    status=422,
    title="The Idempotency-Key was used for another request",
):
    """Use a new key for a new request."""


class PreconditionRequired(
    Problem, slug="precondition-required", status=428, title="A precondition is required"
):
    """Send the entity tag that you read, so that you do not overwrite an unseen change."""


class TooManyRequests(Problem, slug="too-many-requests", status=429, title="Too many attempts"):
    """Wait before the next attempt."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Wait {retry_after} seconds before the next attempt.",
            headers={"Retry-After": str(retry_after)},
        )


class InternalError(Problem, slug="internal-error", status=500, title="Internal error"):
    """The server has logged the failure under the request id."""


class ServiceUnavailable(
    Problem, slug="service-unavailable", status=503, title="A dependency is not available"
):
    """A dependency does not answer. Try again later."""

    def __init__(self, **extension: Any) -> None:
        super().__init__(headers={"Retry-After": "1"}, **extension)


def problem_of(error: BaseException) -> Problem:
    """The problem that `error` is: the shop's own, the framework's, the database's, or a defect."""
    match error:
        case Problem():
            return error
        case Http404():
            return NotFound()
        case PermissionDenied():
            return Forbidden()
        case BadRequest() | SuspiciousOperation():
            return MalformedRequest()
        case OperationalError() | InterfaceError():
            return ServiceUnavailable()
        case _:
            return InternalError()


def answer(error: BaseException, environ: Mapping[str, Any]) -> HttpResponse:
    """What went wrong as `application/problem+json`; `environ` is the request's META."""
    problem, request_id = problem_of(error), environ["bookstore.request_id"]
    if isinstance(problem, InternalError | ServiceUnavailable):
        logger.error("failure", exc_info=error, extra={"request_id": request_id})
    return HttpResponse(
        json.dumps(
            problem.as_json(environ["PATH_INFO"], request_id),
            ensure_ascii=False,
            separators=(",", ":"),
        ),
        status=problem.status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def answer_in_view(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """REST framework's exception handler: whatever an operation raised."""
    return answer(error, context["request"].META)


def answer_anywhere(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handlers for 400, 403, 404 and 500: whatever was raised outside an operation."""
    return answer(exception or sys.exception() or Exception(), request.META)
