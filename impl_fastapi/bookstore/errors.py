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
    """Send an Idempotency-Key header, and repeat it when you repeat the request."""

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
    """The refresh token is unknown, expired or revoked, or it was used before."""

    slug, status, title = "invalid-refresh-token", 401, "The refresh token is not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Bearer"


class InvalidSignature(Problem):
    """No configured secret matches the signature, or its timestamp is too old."""

    slug, status, title = "invalid-signature", 401, "The signature is not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Signature"


class Forbidden(Problem):
    """This operation requires another role."""

    slug, status, title = "forbidden", 403, "This operation is not allowed"


class NotFound(Problem):
    """The resource does not exist, or you cannot access it."""

    slug, status, title = "not-found", 404, "Not found"


class MethodNotAllowed(Problem):
    """The Allow header lists the methods of this path."""

    slug, status, title = "method-not-allowed", 405, "The path does not support this method"

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.headers["Allow"] = allow


class NotAcceptable(Problem):
    """Accept allows none of the available media types."""

    slug, status, title = "not-acceptable", 406, "No acceptable representation"


class EmailTaken(Problem):
    """Another account has this e-mail address."""

    slug, status, title = "email-taken", 409, "The e-mail address is taken"


class LastAdmin(Problem):
    """Make another active user an admin first."""

    slug, status, title = "last-admin", 409, "This is the last active admin"


class NameTaken(Problem):
    """Another resource has this name."""

    slug, status, title = "name-taken", 409, "The name is taken"


class IsbnTaken(Problem):
    """Another book has this ISBN."""

    slug, status, title = "isbn-taken", 409, "The ISBN is taken"


class AuthorInUse(Problem):
    """Remove the author from these books first."""

    slug, status, title = "author-in-use", 409, "Books refer to this author"


class CategoryInUse(Problem):
    """Books or subcategories refer to this category."""

    slug, status, title = "category-in-use", 409, "The category is not empty"


class CategoryCycle(Problem):
    """The new parent is the category itself or one of its descendants."""

    slug, status, title = "category-cycle", 409, "A category cannot be its own ancestor"


class BookOrdered(Problem):
    """A book that has been ordered cannot be deleted."""

    slug, status, title = "book-ordered", 409, "The book has been ordered"


class InsufficientStock(Problem):
    """The stock on hand cannot fall below the reserved stock."""

    slug, status, title = "insufficient-stock", 409, "There is not enough stock"


class IdempotencyKeyInFlight(Problem):
    """Wait for the response to the first request, then repeat."""

    slug, status = "idempotency-key-in-flight", 409
    title = "A request with this Idempotency-Key is in progress"


class CartEmpty(Problem):
    """Put a book into the cart first."""

    slug, status, title = "cart-empty", 409, "The cart is empty"


class CartFull(Problem):
    """A cart holds at most 50 different books."""

    slug, status, title = "cart-full", 409, "The cart is full"


class PriceChanged(Problem):
    """The price of a book has changed since it was put into the cart."""

    slug, status, title = "price-changed", 409, "A price has changed"


class OrderState(Problem):
    """This operation requires another state of the order."""

    slug, status, title = "order-state", 409, "The state of the order does not allow this"


class PaymentInProgress(Problem):
    """The outcome of an earlier payment is still unknown."""

    slug, status, title = "payment-in-progress", 409, "A payment is in progress"


class RefundExceedsCaptured(Problem):
    """The refund exceeds the captured amount."""

    slug, status, title = "refund-exceeds-captured", 409, "The refund exceeds the captured amount"


class ReviewNotAllowed(Problem):
    """You can review a book after an order of it was delivered to you."""

    slug, status, title = "review-not-allowed", 409, "You have not received this book"


class AlreadyReviewed(Problem):
    """Change your review instead of writing a second one."""

    slug, status, title = "already-reviewed", 409, "You have already reviewed this book"


class PreconditionFailed(Problem):
    """The current entity tag does not match the precondition."""

    slug, status, title = "precondition-failed", 412, "The resource has changed"


class ContentTooLarge(Problem):
    """The body has more bytes than this operation accepts."""

    slug, status, title = "content-too-large", 413, "The body is too large"


class UnsupportedMediaType(Problem):
    """This operation does not support the Content-Type of the body."""

    slug, status, title = "unsupported-media-type", 415, "The media type is not supported"


class ValidationFailed(Problem):
    """At least one field is not valid."""

    slug, status, title = "validation-failed", 422, "The request is not valid"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(errors=[error.as_json() for error in errors[:MAX_ERRORS]])


class ImportRejected(Problem):
    """At least one row is not valid. Nothing was imported."""

    slug, status, title = "import-rejected", 422, "The import was rejected"

    def __init__(self, errors: list[FieldError], *, truncated: bool) -> None:
        super().__init__(errors=[error.as_json() for error in errors], errors_truncated=truncated)


class IdempotencyKeyReused(Problem):
    """Use a new key for a new request."""

    slug, status = "idempotency-key-reused", 422
    title = "The Idempotency-Key was used for another request"


class PreconditionRequired(Problem):
    """Send the entity tag that you read, so that you do not overwrite an unseen change."""

    slug, status, title = "precondition-required", 428, "A precondition is required"


class TooManyRequests(Problem):
    """Wait before the next attempt."""

    slug, status, title = "too-many-requests", 429, "Too many attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Wait {retry_after} seconds before the next attempt.")
        self.headers["Retry-After"] = str(max(1, retry_after))


class InternalError(Problem):
    """The server has logged the failure under the request id."""

    slug, status, title = "internal-error", 500, "Internal error"


class ServiceUnavailable(Problem):
    """A dependency does not answer. Try again later."""

    slug, status, title = "service-unavailable", 503, "A dependency is not available"

    def __init__(self, **members: Any) -> None:
        super().__init__(**members)
        self.headers["Retry-After"] = "1"


def unknown_reference(pointer: str) -> FieldError:
    """Return the error of an id in the body that does not exist."""
    return FieldError("body", pointer, "unknown", "does not exist")
