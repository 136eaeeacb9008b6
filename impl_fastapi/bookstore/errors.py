"""The one error family: every problem of the contract's registry, in its order."""

from typing import Any

from .problem import FieldError, Problem

MAX_ERRORS = 10_000


class MalformedRequest(Problem):
    """The body or a header cannot be read at all."""

    slug, status, title = "malformed-request", 400, "The request cannot be read"


class IdempotencyKeyMissing(Problem):
    """A POST that moves money or stock needs an Idempotency-Key."""

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


class InvalidSignature(Problem):
    """An event that nobody we know has signed, or not just now (Standard Webhooks)."""

    slug, status, title = "invalid-signature", 401, "The event's signature is not valid"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = "Signature"


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


class BookOrdered(Problem):
    """What was ever ordered stays."""

    slug, status, title = "book-ordered", 409, "The book has been ordered"


class InsufficientStock(Problem):
    """More would go than is there, or than is not promised."""

    slug, status, title = "insufficient-stock", 409, "There is not enough stock"


class IdempotencyKeyInFlight(Problem):
    """Its first request has not finished."""

    slug, status = "idempotency-key-in-flight", 409
    title = "A request with this Idempotency-Key is in progress"


class CartEmpty(Problem):
    """There is nothing to order, or the cart is an order already."""

    slug, status, title = "cart-empty", 409, "The cart is empty"


class CartFull(Problem):
    """One different book too many."""

    slug, status, title = "cart-full", 409, "The cart is full"


class PriceChanged(Problem):
    """Books that do not cost what the cart shows."""

    slug, status, title = "price-changed", 409, "A price has changed"


class OrderState(Problem):
    """A move that the order's state does not have."""

    slug, status, title = "order-state", 409, "The order's state does not allow this"


class PaymentInProgress(Problem):
    """The outcome of an earlier payment is unknown."""

    slug, status, title = "payment-in-progress", 409, "A payment is in progress"


class RefundExceedsCaptured(Problem):
    """More than was captured, and is not given back or on its way."""

    slug, status = "refund-exceeds-captured", 409
    title = "More than was captured cannot be refunded"


class ReviewNotAllowed(Problem):
    """No order of the book was delivered to the caller."""

    slug, status, title = "review-not-allowed", 409, "You have not received this book"


class AlreadyReviewed(Problem):
    """One review for each customer and book."""

    slug, status, title = "already-reviewed", 409, "You have reviewed this book"


class PreconditionFailed(Problem):
    """`If-Match` or `If-None-Match` does not hold (RFC 9110)."""

    slug, status, title = "precondition-failed", 412, "The resource has changed"


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
        super().__init__(errors=[error.as_json() for error in errors[:MAX_ERRORS]])


class ImportRejected(Problem):
    """`on_error=abort` and at least one bad row: nothing was imported."""

    slug, status, title = "import-rejected", 422, "The import was rejected"

    def __init__(self, errors: list[FieldError], *, truncated: bool) -> None:
        super().__init__(errors=[error.as_json() for error in errors], errors_truncated=truncated)


class IdempotencyKeyReused(Problem):
    """Same key, other request."""

    slug, status = "idempotency-key-reused", 422
    title = "The Idempotency-Key was used for another request"


class PreconditionRequired(Problem):
    """A guarded write without `If-Match` (RFC 6585)."""

    slug, status, title = "precondition-required", 428, "If-Match is required"


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
