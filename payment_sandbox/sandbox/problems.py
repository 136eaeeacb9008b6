"""Every error response: RFC 9457 problem details with a `code` for programs."""

import json
from http import HTTPStatus

from aiohttp import web


class Problem(Exception):  # named after problem details
    """Base class of the errors that a client can cause; each has a status and a code."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"

    def __init__(self, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}

    def answer(self) -> web.Response:
        """Return the problem as a response."""
        return problem(self.status, self.code, self.detail, self.headers)


class MalformedRequest(Problem):
    """The request body is not JSON."""

    status = HTTPStatus.BAD_REQUEST
    code = "malformed_request"


class IdempotencyKeyMissing(Problem):
    """A request that moves money has no `Idempotency-Key`."""

    status = HTTPStatus.BAD_REQUEST
    code = "idempotency_key_missing"


class Unauthorized(Problem):
    """The API key is missing or wrong."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class NotFound(Problem):
    """No payment, event or fault has this id."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class ReferenceInUse(Problem):
    """Another payment, or another refund, has this reference."""

    status = HTTPStatus.CONFLICT
    code = "reference_in_use"


class PaymentNotAuthorized(Problem):
    """The payment is not in the state `authorized`, so it cannot be captured."""

    status = HTTPStatus.CONFLICT
    code = "payment_not_authorized"


class InvalidRequest(Problem):
    """The request is valid JSON, but does not match the operation's schema."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_request"


class IdempotencyKeyReused(Problem):
    """The key was used before, with a different request."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"


class UnknownPaymentMethod(Problem):
    """The payment method is not one of the test cards."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unknown_payment_method"


class AmountExceedsCaptured(Problem):
    """The refund is larger than the captured amount that is left."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "amount_exceeds_captured"


def problem(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> web.Response:
    """Return a response with problem details."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }
    return web.Response(
        status=status,
        body=json.dumps(content).encode(),
        content_type="application/problem+json",
        headers=headers,
    )
