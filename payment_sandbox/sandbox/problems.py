"""Every refusal, as RFC 9457 problem details with a `code` that programs read."""

import json
from http import HTTPStatus

from aiohttp import web


class Problem(Exception):
    """A refusal; each subclass has its status and code."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"

    def __init__(self, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}

    def answer(self) -> web.Response:
        """The response."""
        return problem(self.status, self.code, self.detail, self.headers)


class MalformedRequest(Problem):
    """The body is not JSON."""

    status = HTTPStatus.BAD_REQUEST
    code = "malformed_request"


class IdempotencyKeyMissing(Problem):
    """What moves money needs an `Idempotency-Key`."""

    status = HTTPStatus.BAD_REQUEST
    code = "idempotency_key_missing"


class Unauthorized(Problem):
    """No API key, or a wrong one."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class NotFound(Problem):
    """Nothing has this id."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class ReferenceInUse(Problem):
    """One reference names one payment, or one refund."""

    status = HTTPStatus.CONFLICT
    code = "reference_in_use"


class PaymentNotAuthorized(Problem):
    """Only what was authorized, and not captured yet, can be captured."""

    status = HTTPStatus.CONFLICT
    code = "payment_not_authorized"


class InvalidRequest(Problem):
    """JSON, but not what the operation takes."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_request"


class IdempotencyKeyReused(Problem):
    """The key was sent before, with another request."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"


class UnknownPaymentMethod(Problem):
    """No test card has this name."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unknown_payment_method"


class AmountExceedsCaptured(Problem):
    """No more can be given back than was taken."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "amount_exceeds_captured"


def problem(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> web.Response:
    """A response with problem details."""
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
