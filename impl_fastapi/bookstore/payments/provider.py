"""The payment provider's client: bounded in time, in attempts and in what it swallows (runtime.md).

It raises nothing for what the provider does: whatever is no clear answer is `Unknown`.
"""

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..settings import Settings
from .models import Payment, Refund

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 2
PAUSES = (0.2, 0.4)  # seconds at most, before the second and the third attempt
MAX_BYTES = 65_536
KEEP_ALIVE_SECONDS = 2  # less than a server keeps an idle connection: it might close it under us
NO_REFUSALS = {408, 409, 429}
REFUSED = "refused"  # the code of a failure for which the provider has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The money moved: so much of it, in minor units."""

    amount: int
    currency: str
    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It did not: the provider declined it, or refused to hear of it."""

    amount: int
    currency: str
    provider_id: str | None = None
    failure_code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none to believe; `unreachable` when there was nobody to ask."""

    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The provider has never heard of it."""


class ProviderUnreachable(Exception):
    """There is nobody to ask."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes


class PaymentProvider:
    """One pooled client a process; the ids of our rows are its references and idempotency keys."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.payment_timeout_seconds
        self._client = httpx.AsyncClient(
            base_url=settings.payment_url,
            headers={
                "Authorization": f"Bearer {settings.payment_api_key}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",  # so that what is read is all there is
            },
            timeout=httpx.Timeout(self._seconds, connect=CONNECT_SECONDS),
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    async def create_payment(self, payment: Payment) -> Succeeded | Failed | Unknown:
        """Charge a payment; once, however often this is asked."""
        wanted = {
            "reference": str(payment.id),
            "amount": payment.amount,
            "currency": payment.currency,
            "payment_method": payment.payment_method,
        }
        reply = await self._post("/payments", payment.id, wanted)
        return _outcome(reply, payment, payment.currency, "captured")

    async def find_payment(self, payment: Payment) -> Succeeded | Failed | Unknown | Missing:
        """What became of a payment."""
        reply = await self._get("/payments", payment.id)
        return _finding(reply, payment, "captured")

    async def create_refund(self, refund: Refund, payment: Payment) -> Succeeded | Failed | Unknown:
        """Give back some of a payment; once, however often this is asked."""
        wanted = {"reference": str(refund.id), "amount": refund.amount}
        reply = await self._post(f"/payments/{payment.provider_id}/refunds", refund.id, wanted)
        return _outcome(reply, refund, payment.currency, "succeeded")

    async def find_refund(self, refund: Refund) -> Succeeded | Failed | Unknown | Missing:
        """What became of a refund."""
        reply = await self._get("/refunds", refund.id)
        return _finding(reply, refund, "succeeded")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _post(self, path: str, key: UUID, wanted: dict[str, Any]) -> _Reply | Unknown:
        return await self._ask("POST", path, json=wanted, headers={"Idempotency-Key": str(key)})

    async def _get(self, path: str, reference: UUID) -> _Reply | Unknown:
        return await self._ask("GET", path, params={"reference": str(reference)})

    async def _ask(self, method: str, path: str, **options: Any) -> _Reply | Unknown:
        try:
            async with asyncio.timeout(self._seconds):
                for pause in PAUSES:
                    if not _is_passing(reply := await self._try(method, path, options)):
                        return reply
                    await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 -- jitter is not a secret
                return await self._try(method, path, options)
        except TimeoutError:
            logger.warning("provider: %s %s took too long", method, path)
            return Unknown()

    async def _try(self, method: str, path: str, options: dict[str, Any]) -> _Reply | Unknown:
        body = bytearray()
        try:
            async with self._client.stream(method, path, **options) as response:
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        logger.warning("provider: %s %s says too much", method, path)
                        return Unknown()
        except httpx.HTTPError as error:
            logger.warning("provider: %s %s: %r", method, path, error)
            return Unknown(unreachable=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout))
        return _Reply(response.status_code, bytes(body))


async def _provider(request: Request) -> PaymentProvider:
    provider: PaymentProvider = request.app.state.provider
    return provider


Provider = Annotated[PaymentProvider, Depends(_provider)]


class _Answer(BaseModel):
    """A payment or a refund, as far as we look."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    reference: UUID
    amount: int
    currency: str
    status: str
    failure_code: Annotated[str, Field(pattern=r"^[a-z_]{1,100}$")] | None = None


class _Answers(BaseModel):
    items: Annotated[list[_Answer], Field(max_length=1)]


class _Refusal(BaseModel):
    code: Annotated[str, Field(pattern=r"^[a-z_]{1,100}$")]


def _is_passing(reply: _Reply | Unknown) -> bool:
    """Whether it may well go away by itself."""
    if isinstance(reply, Unknown):
        return reply.unreachable
    return reply.status == 429 or reply.status >= 500


def _outcome(
    reply: _Reply | Unknown, sent: Payment | Refund, currency: str, success: str
) -> Succeeded | Failed | Unknown:
    if isinstance(reply, Unknown):
        return reply
    if reply.status == 201:
        try:
            return _news(_Answer.model_validate_json(reply.body), sent, success)
        except ValidationError as error:
            return _unbelievable(sent, error.errors()[0]["msg"])
    if 400 <= reply.status < 500 and reply.status not in NO_REFUSALS:
        code = _refusal_code(reply.body)
        return Failed(amount=sent.amount, currency=currency, failure_code=code)
    return Unknown()


def _finding(
    reply: _Reply | Unknown, asked: Payment | Refund, success: str
) -> Succeeded | Failed | Unknown | Missing:
    if isinstance(reply, Unknown):
        return reply
    if reply.status != 200:
        return Unknown()
    try:
        items = _Answers.model_validate_json(reply.body).items
    except ValidationError as error:
        return _unbelievable(asked, error.errors()[0]["msg"])
    return _news(items[0], asked, success) if items else Missing()


def _news(answer: _Answer, asked: Payment | Refund, success: str) -> Succeeded | Failed | Unknown:
    if answer.reference != asked.id:
        return _unbelievable(asked, f"it speaks of {answer.reference}")
    if answer.status == success:
        return Succeeded(amount=answer.amount, currency=answer.currency, provider_id=answer.id)
    if answer.status == "failed":
        return Failed(
            amount=answer.amount,
            currency=answer.currency,
            provider_id=answer.id,
            failure_code=answer.failure_code or REFUSED,
        )
    return Unknown()


def _unbelievable(asked: Payment | Refund, why: object) -> Unknown:
    logger.warning("provider: its answer about %s is not to be believed: %s", asked.id, why)
    return Unknown()


def _refusal_code(body: bytes) -> str:
    try:
        return _Refusal.model_validate_json(body).code
    except ValidationError:
        return REFUSED
