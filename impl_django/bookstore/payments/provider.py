"""The payment provider's API (payment_sandbox/openapi.yaml), asked with patience that has an end.

A call never raises: what is not certain is `Unknown`, and settled later.
"""

import atexit
import json
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from django.db import connection

from ..environment import current_settings
from ..errors import MalformedRequest, ServiceUnavailable
from ..http import parse_json
from ..server import THREADS
from .deadline import Transport, deadline
from .models import Payment, PaymentStatus, Refund, RefundStatus
from .schemas import FAILURE_CODE, PROVIDER_ID

CONNECT_SECONDS = 2
KEEP_ALIVE_SECONDS = (
    2  # less than any server has, which might otherwise close a connection under a request
)
PAUSES = (0.2, 0.4)
MAX_ANSWER_BYTES = 65_536
NO_REFUSALS = (408, 409, 429)
NOT_PROCESSED = "not_processed"
REFUSED = "refused"  # the failure code where the provider has none


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The money moved: captured, or given back."""

    provider_id: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not, and will not; a refusal of the request itself names neither id nor amount."""

    failure_code: str
    provider_id: str | None = None
    amount: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have; `reason` is for the log."""

    reason: str
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The provider has never heard of it."""


Outcome = Succeeded | Failed | Unknown


def create_payment(payment: Payment) -> Outcome:
    """Charge; however often it is asked, the provider charges a payment once."""
    facts = _facts(payment, payment.currency)
    body = {**facts, "payment_method": payment.payment_method}
    return _created(_ask("POST", "/payments", body), facts, PaymentStatus.CAPTURED)


def find_payment(payment: Payment) -> Outcome | Missing:
    """What became of a payment."""
    facts = _facts(payment, payment.currency)
    return _found(_ask("GET", f"/payments?reference={payment.id}"), facts, PaymentStatus.CAPTURED)


def create_refund(refund: Refund) -> Outcome:
    """Give back; however often it is asked, the provider gives a refund once."""
    path = f"/payments/{refund.payment.provider_id}/refunds"
    body = {"reference": str(refund.id), "amount": refund.amount}
    facts = _facts(refund, refund.payment.currency)
    return _created(_ask("POST", path, body), facts, RefundStatus.SUCCEEDED)


def find_refund(refund: Refund) -> Outcome | Missing:
    """What became of a refund."""
    facts = _facts(refund, refund.payment.currency)
    return _found(_ask("GET", f"/refunds?reference={refund.id}"), facts, RefundStatus.SUCCEEDED)


def _facts(row: Payment | Refund, currency: str) -> dict[str, Any]:
    """What an answer has to name to be about `row`."""
    return {"reference": str(row.id), "amount": row.amount, "currency": currency}


# --- How often, how long, how much ----------------------------------------------------------------

_turns = threading.BoundedSemaphore(THREADS // 2)


@contextmanager
def turn() -> Iterator[None]:
    """Occupy one of the threads that may wait for the provider.

    At most half of the threads may, so that the others can serve other requests.

    Raises:
        ServiceUnavailable: all of them are waiting for an answer.
    """
    if not _turns.acquire(blocking=False):
        raise ServiceUnavailable
    try:
        yield
    finally:
        _turns.release()


@dataclass(frozen=True, slots=True)
class _Answer:
    """A status below 500, and the JSON that came with it."""

    status: int
    document: Any


@cache
def client() -> httpx.Client:
    """This process's one client, with its pool of connections."""
    settings = current_settings()
    client = httpx.Client(
        base_url=settings.payment_url,
        headers={
            "Authorization": f"Bearer {settings.payment_api_key}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "bookstore",
        },
        transport=Transport(httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS)),
        follow_redirects=False,
        trust_env=False,
    )
    atexit.register(client.close)
    return client


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> _Answer | Unknown:
    """The provider's answer, after a repetition or two where it cannot have worked on the request.

    A body is sent under its reference as the key.
    """
    # Return the connection to the pool: other requests can use it during the call.
    connection.close_if_unusable_or_obsolete()
    ends = time.monotonic() + current_settings().payment_timeout_seconds
    deadline.set(ends)
    headers = {"Idempotency-Key": body["reference"]} if body else None
    request = client().build_request(method, path, json=body, headers=headers)
    for pause in (*PAUSES, None):
        answer, final = _attempt(request, max(0.001, ends - time.monotonic()))
        wait = random.uniform(0, pause or 0)  # noqa: S311 -- jitter is not a secret
        if final or pause is None or time.monotonic() + wait >= ends:
            break
        time.sleep(wait)
    return answer


def _attempt(request: httpx.Request, seconds: float) -> tuple[_Answer | Unknown, bool]:
    """One request; True where another one would not help, or might do harm."""
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    request.extensions["timeout"] = timeout.as_dict()
    try:
        with closing(client().send(request, stream=True)) as response:
            content = _read(response)
    except httpx.ConnectError as error:
        return Unknown(f"cannot connect: {error}", unreachable=True), False
    except httpx.ConnectTimeout:
        return Unknown("cannot connect in time", unreachable=True), True
    except (httpx.HTTPError, _CutOffError) as error:
        return Unknown(f"{type(error).__name__}: {error}"), True
    if response.status_code == 429 or response.status_code >= 500:
        return Unknown(f"status {response.status_code}"), False
    try:
        return _Answer(response.status_code, parse_json(content)), True
    except MalformedRequest:
        return _Answer(response.status_code, None), True


class _CutOffError(Exception):
    """The answer is too long."""


def _read(response: httpx.Response) -> bytes:
    """The body as it came: what is compressed might unfold to more than fits."""
    content = b""
    for chunk in response.iter_raw():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise _CutOffError(f"more than {MAX_ANSWER_BYTES} bytes")
    return content


# --- What an answer means (runtime.md, The payment provider) --------------------------------------


def _created(answer: _Answer | Unknown, facts: dict[str, Any], success: str) -> Outcome:
    match answer:
        case Unknown():
            return answer
        case _Answer(201, document):
            return _outcome(document, facts, success)
        case _Answer(status, document) if 400 <= status < 500 and status not in NO_REFUSALS:
            return Failed(_failure_code(document, "code"))
    return Unknown(f"the provider answers {answer.status}")


def _found(answer: _Answer | Unknown, facts: dict[str, Any], success: str) -> Outcome | Missing:
    match answer:
        case Unknown():
            return answer
        case _Answer(200, {"items": []}):
            return Missing()
        case _Answer(200, {"items": [document]}):
            return _outcome(document, facts, success)
    return Unknown(f"the provider answers {answer.status}")


def _outcome(document: Any, facts: dict[str, Any], success: str) -> Outcome:
    """What a payment or refund of the provider says, if it is about what was asked for."""
    match document:
        case {"id": str(ident), "status": str(status)} if re.fullmatch(PROVIDER_ID, ident):
            named = {name: document.get(name) for name in facts}
            if json.dumps(named) != json.dumps(
                facts
            ):  # as JSON: 1, 1.0 and true are three things there
                return Unknown(f"the provider speaks of {named}"[:500])
            if status == success:
                return Succeeded(ident, facts["amount"], facts["currency"])
            if status == PaymentStatus.FAILED:
                code = _failure_code(document, "failure_code")
                return Failed(code, ident, facts["amount"], facts["currency"])
    return Unknown("the provider's answer is no outcome")


def _failure_code(document: Any, member: str) -> str:
    code = document.get(member) if isinstance(document, dict) else None
    return code if isinstance(code, str) and re.fullmatch(FAILURE_CODE, code) else REFUSED
