"""The one error family: every problem of the contract's registry, in its order.

A docstring is the problem's usual `detail`.
"""

from typing import Any

from .problem import FieldError, Problem

MAX_ERRORS = 10_000


class MalformedRequest(Problem):
    """The body cannot be read."""

    slug, status, title = "malformed-request", 400, "The request cannot be read"


class IdempotencyKeyMissing(Problem):
    """Send an Idempotency-Key header; repeat it when you repeat the request."""

    slug, status, title = "idempotency-key-missing", 400, "An Idempotency-Key is required"


class Unauthenticated(Problem):
    """The access token is missing, malformed, expired or revoked."""

    slug, status, title = "unauthenticated", 401, "A valid access token is required"

    def __init__(self, *, token_sent: bool = False) -> None:
        super().__init__()
        challenge = 'Bearer error="invalid_token"' if token_sent else "Bearer"
        self.headers["WWW-Authenticate"] = challenge


class InvalidCredentials(Problem):
    """No active account has this e-mail address and password."""

    slug, status, title = "invalid-credentials", 401, "The credentials are not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Bearer"


class InvalidRefreshToken(Problem):
    """The refresh token is unknown, expired, revoked or was used before."""

    slug, status, title = "invalid-refresh-token", 401, "The refresh token is not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Bearer"


class InvalidSignature(Problem):
    """No configured secret signs this id, timestamp and body."""

    slug, status, title = "invalid-signature", 401, "The event's signature is not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Signature"


class Forbidden(Problem):
    """This operation needs another role."""

    slug, status, title = "forbidden", 403, "Your role does not allow this"


class NotFound(Problem):
    """No such resource, or it is not yours."""

    slug, status, title = "not-found", 404, "There is nothing here"


class MethodNotAllowed(Problem):
    """The method is not among those in Allow."""

    slug, status, title = "method-not-allowed", 405, "This path does not have that method"

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.headers["Allow"] = allow


class NotAcceptable(Problem):
    """This resource has no representation that Accept admits."""

    slug, status, title = "not-acceptable", 406, "No acceptable representation"


class EmailTaken(Problem):
    """An account with this e-mail address exists."""

    slug, status, title = "email-taken", 409, "The e-mail address is taken"


class LastAdmin(Problem):
    """Make another active account an admin first."""

    slug, status, title = "last-admin", 409, "The last active admin stays one"


class NameTaken(Problem):
    """Another one has this name."""

    slug, status, title = "name-taken", 409, "The name is taken"


class IsbnTaken(Problem):
    """Another book has this ISBN."""

    slug, status, title = "isbn-taken", 409, "The ISBN is taken"


class AuthorInUse(Problem):
    """Remove the author from those books first."""

    slug, status, title = "author-in-use", 409, "Books refer to this author"


class CategoryInUse(Problem):
    """Books or subcategories refer to this category."""

    slug, status, title = "category-in-use", 409, "The category is not empty"


class CategoryCycle(Problem):
    """The new parent is the category itself or below it."""

    slug, status, title = "category-cycle", 409, "A category cannot be its own ancestor"


class BookOrdered(Problem):
    """A book that was ever ordered stays in the catalogue."""

    slug, status, title = "book-ordered", 409, "The book has been ordered"


class InsufficientStock(Problem):
    """Stock on hand cannot fall below what is reserved."""

    slug, status, title = "insufficient-stock", 409, "There is not enough stock"


class IdempotencyKeyInFlight(Problem):
    """Wait for the first request's answer, then repeat."""

    slug, status = "idempotency-key-in-flight", 409
    title = "A request with this Idempotency-Key is in progress"


class CartEmpty(Problem):
    """Put something into the cart first."""

    slug, status, title = "cart-empty", 409, "The cart is empty"


class CartFull(Problem):
    """A cart holds at most 50 different books."""

    slug, status, title = "cart-full", 409, "The cart is full"


class PriceChanged(Problem):
    """The price of a book changed since it was put into the cart."""

    slug, status, title = "price-changed", 409, "A price has changed"


class OrderState(Problem):
    """The order is in another state than this needs."""

    slug, status, title = "order-state", 409, "The order's state does not allow this"


class PaymentInProgress(Problem):
    """The outcome of an earlier payment is still unknown."""

    slug, status, title = "payment-in-progress", 409, "A payment is in progress"


class RefundExceedsCaptured(Problem):
    """More was asked for than was captured and is not given back."""

    slug, status = "refund-exceeds-captured", 409
    title = "More than was captured cannot be refunded"


class ReviewNotAllowed(Problem):
    """Reviews are open once an order of the book was delivered to you."""

    slug, status, title = "review-not-allowed", 409, "You have not received this book"


class AlreadyReviewed(Problem):
    """Change your review instead of writing a second one."""

    slug, status, title = "already-reviewed", 409, "You have reviewed this book"


class PreconditionFailed(Problem):
    """The current entity tag is not among those in If-Match."""

    slug, status, title = "precondition-failed", 412, "The resource has changed"


class ContentTooLarge(Problem):
    """The body has more bytes than are accepted here."""

    slug, status, title = "content-too-large", 413, "The body is too large"


class UnsupportedMediaType(Problem):
    """The body's Content-Type is not accepted here."""

    slug, status, title = "unsupported-media-type", 415, "The body's media type is not supported"


class ValidationFailed(Problem):
    """At least one field is not valid."""

    slug, status, title = "validation-failed", 422, "The request is well-formed but not valid"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(errors=[error.as_json() for error in errors[:MAX_ERRORS]])


class ImportRejected(Problem):
    """At least one row is not valid; nothing was imported."""

    slug, status, title = "import-rejected", 422, "The import was rejected"

    def __init__(self, errors: list[FieldError], *, truncated: bool) -> None:
        super().__init__(errors=[error.as_json() for error in errors], errors_truncated=truncated)


class IdempotencyKeyReused(Problem):
    """Use a new key for a new request."""

    slug, status = "idempotency-key-reused", 422
    title = "The Idempotency-Key was used for another request"


class PreconditionRequired(Problem):
    """Send the entity tag you read, so that nobody's change is lost."""

    slug, status, title = "precondition-required", 428, "If-Match is required"


class TooManyRequests(Problem):
    """Wait before the next attempt."""

    slug, status, title = "too-many-requests", 429, "Too many attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Wait {retry_after} seconds before the next attempt.")
        self.headers["Retry-After"] = str(max(1, retry_after))


class InternalError(Problem):
    """The failure was logged under the request id."""

    slug, status, title = "internal-error", 500, "Something went wrong on our side"


class ServiceUnavailable(Problem):
    """A dependency does not answer; try again in a moment."""

    slug, status, title = "service-unavailable", 503, "A dependency is not available"

    def __init__(self, **members: Any) -> None:
        super().__init__(**members)
        self.headers["Retry-After"] = "1"


def unknown_reference(pointer: str, what: str) -> FieldError:
    """An id in the body that names nothing."""
    return FieldError("body", pointer, "unknown", f"There is no such {what}.")
