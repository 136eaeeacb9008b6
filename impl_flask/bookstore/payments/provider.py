"""The payment provider over HTTP: what it says of a payment or refund, or that nothing is known.

Every call ends within BOOKSTORE_PAYMENT_TIMEOUT_SECONDS, its retries included, and holds no
database connection meanwhile (runtime.md, The payment provider).
"""

import atexit
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import httpx
from marshmallow import ValidationError

from ..errors import MalformedRequest, ServiceUnavailable
from ..http import parse_json
from ..server import BLOCKING_THREADS
from ..settings import current_settings
from .deadline import Transport, deadline
from .models import CAPTURED, FAILED, SUCCEEDED, Payment, Refund
from .schemas import CODE, ProviderAnswer

CONNECT_SECONDS = 2
KEEP_ALIVE_SECONDS = 2
"""Less than any server keeps an idle connection, which it might otherwise close under a request."""

PAUSES = (0.2, 0.4)
MAX_ANSWER_BYTES = 65_536
NO_REFUSALS = (408, 409, 429)
REFUSED = "refused"
"""The code of a failure for which the provider has none."""

_turns = threading.BoundedSemaphore(BLOCKING_THREADS // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The money moved: a payment is captured, a refund is with the customer."""

    provider_id: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No money moved; a refusal names neither the provider's id nor an amount."""

    failure_code: str
    provider_id: str | None = None
    amount: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have moved or not; `unreachable` if there is nobody to ask."""

    reason: str
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The provider has never heard of it."""


Outcome = Succeeded | Failed | Unknown


@contextmanager
def turn() -> Iterator[None]:
    """Occupy one of the threads that may wait for the provider.

    At most half of the threads may, so that the others can serve other requests.

    Raises:
        ServiceUnavailable: all are waiting.
    """
    if not _turns.acquire(blocking=False):
        raise ServiceUnavailable
    try:
        yield
    finally:
        _turns.release()


def create_payment(payment: Payment) -> Outcome:
    """Charge; however often it is asked, the provider charges a payment once."""
    body = {
        "reference": str(payment.id),
        "amount": payment.amount,
        "currency": payment.currency,
        "payment_method": payment.payment_method,
    }
    return _created(_ask("POST", "/payments", payment.id, json=body), payment.id, CAPTURED)


def find_payment(payment: Payment) -> Outcome | Missing:
    """What became of a payment."""
    return _found(_ask("GET", "/payments", payment.id), payment.id, CAPTURED)


def create_refund(refund: Refund) -> Outcome:
    """Give back; however often it is asked, the provider gives a refund once."""
    path = f"/payments/{refund.payment.provider_id}/refunds"
    body = {"reference": str(refund.id), "amount": refund.amount}
    return _created(_ask("POST", path, refund.id, json=body), refund.id, SUCCEEDED)


def find_refund(refund: Refund) -> Outcome | Missing:
    """What became of a refund."""
    return _found(_ask("GET", "/refunds", refund.id), refund.id, SUCCEEDED)


# --- What an answer says --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    """A status below 500, and the JSON that came with it."""

    status: int
    value: Any


def _created(answer: _Answer | Unknown, reference: UUID, success: str) -> Outcome:
    match answer:
        case _Answer(status=201):
            return _outcome(answer.value, reference, success)
        case _Answer(status=status) if 400 <= status < 500 and status not in NO_REFUSALS:
            code = answer.value.get("code") if isinstance(answer.value, dict) else None
            return Failed(failure_code=_code(code))
        case _Answer(status=status):
            return Unknown(f"status {status}")
    return answer


def _found(answer: _Answer | Unknown, reference: UUID, success: str) -> Outcome | Missing:
    match answer:
        case _Answer(status=200, value={"items": []}):
            return Missing()
        case _Answer(status=200, value={"items": [only]}):
            return _outcome(only, reference, success)
        case _Answer(status=status):
            return Unknown(f"status {status}, or not one item")
    return answer


def _outcome(value: Any, reference: UUID, success: str) -> Outcome:
    """What the provider says of `reference`; `success` is the status that means it."""
    try:
        shown = ProviderAnswer().load(value)
    except ValidationError as error:
        return Unknown(f"an answer of another form: {error.messages}"[:500])
    if shown["reference"] != reference:
        return Unknown("an answer about something else")
    facts = {"provider_id": shown["id"], "amount": shown["amount"], "currency": shown["currency"]}
    if shown["status"] == success:
        return Succeeded(**facts)
    if shown["status"] == FAILED:
        return Failed(failure_code=_code(shown["failure_code"]), **facts)
    return Unknown(f"it is {shown['status']}")


def _code(code: Any) -> str:
    return (
        code if isinstance(code, str) and re.fullmatch(f"(?=.{{1,100}}$){CODE}", code) else REFUSED
    )


# --- Asking ---------------------------------------------------------------------------------------


def _ask(method: str, path: str, reference: UUID, *, json: Any = None) -> _Answer | Unknown:
    """Return the provider's answer; retry if the provider cannot have handled the request."""
    ends = time.monotonic() + current_settings().payment_timeout_seconds
    deadline.set(ends)
    request = client().build_request(
        method,
        path,
        params={"reference": str(reference)} if method == "GET" else None,
        json=json,
        headers={"Idempotency-Key": str(reference)} if method == "POST" else None,
    )
    for pause in (*PAUSES, None):
        answer, final = _attempt(request, ends - time.monotonic())
        wait = random.uniform(0, pause or 0)  # noqa: S311 -- jitter is not a secret
        if final or pause is None or time.monotonic() + wait >= ends:
            break
        time.sleep(wait)
    return answer


def _attempt(request: httpx.Request, seconds: float) -> tuple[_Answer | Unknown, bool]:
    """One request; True where another one would not help, or might do harm."""
    timeout = httpx.Timeout(max(0.001, seconds), connect=min(CONNECT_SECONDS, max(0.001, seconds)))
    request.extensions["timeout"] = timeout.as_dict()
    try:
        response = client().send(request, stream=True)
        with closing(response):
            body = _read(response)
    except httpx.ConnectError as error:
        return Unknown(f"cannot connect: {error}", unreachable=True), False
    except httpx.ConnectTimeout:
        return Unknown("cannot connect in time", unreachable=True), True
    except (httpx.HTTPError, _CutOffError) as error:
        return Unknown(f"{type(error).__name__}: {error}"), True
    if response.status_code == 429 or response.status_code >= 500:
        return Unknown(f"status {response.status_code}"), False
    try:
        return _Answer(response.status_code, parse_json(body) if body else None), True
    except MalformedRequest:
        return _Answer(response.status_code, None), True


class _CutOffError(Exception):
    """The answer is too long."""


def _read(response: httpx.Response) -> bytes:
    """The body as it came: what is compressed might unfold to more than fits."""
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise _CutOffError(f"more than {MAX_ANSWER_BYTES} bytes")
    return body


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
