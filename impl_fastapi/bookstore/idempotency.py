"""One effect per Idempotency-Key: its row is written in the transaction of the effect."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Request, Response
from sqlalchemy import Index, Text, UniqueConstraint, delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Field

from .auth import SignedIn
from .database import Table, Time, Transaction, columns, is_lock_timeout, now, waiting_at_most
from .errors import (
    IdempotencyKeyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    ValidationFailed,
)
from .fields import wrong_length
from .problem import FieldError

KEPT = timedelta(days=7)
TWIN_MILLISECONDS = 2000
"""How long an unfinished twin is waited for."""
KEPT_HEADERS = ("content-type", "location", "etag")
KEY_FORM = re.compile(r"[\x21-\x7e]+")


class IdempotencyKey(Table, table=True):
    """The answer that a key once got."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    key: str = Field(max_length=255)
    fingerprint: str = Field(max_length=64)
    status: int
    headers: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=now, sa_type=Time)


keys = columns(IdempotencyKey)


async def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        raise IdempotencyKeyMissing
    if len(key) > 255 or not KEY_FORM.fullmatch(key):
        error = ("format", "must be visible ASCII characters")
        if len(key) > 255:
            error = ("length", wrong_length(1, 255, "characters"))
        raise ValidationFailed(FieldError("header", "Idempotency-Key", *error))
    return key


Key = Annotated[str, Depends(_key)]


class Once:
    """A request under its Idempotency-Key: one effect, and one answer for whoever repeats it."""

    def __init__(
        self, request: Request, caller: SignedIn, key: Key, transaction: Transaction
    ) -> None:
        self._request, self._session = request, transaction
        self._caller, self._key = caller, key
        self._claim: UUID | None = None
        self._kept: Response | None = None

    async def __call__(self, effect: Callable[[], Awaitable[Response]]) -> Response:
        """The answer of `effect`, or the one that the same request got before.

        Raises IdempotencyKeyReused if the key stands for another request, IdempotencyKeyInFlight if
        its first request has not finished.
        """
        fingerprint = await _fingerprint(self._request)
        first = await self._claim_key(fingerprint)
        if first is not None:
            return _replay(first, fingerprint)
        answer = await effect()
        await self._keep(answer)
        return answer

    async def checkpoint(self, answer: Response) -> None:
        """Commit what was done so far; who repeats the request gets `answer`, until there is more.

        Nothing of the database is held afterwards, so that others can be asked.
        """
        await self._keep(answer)
        await self._session.commit()

    async def _claim_key(self, fingerprint: str) -> IdempotencyKey | None:
        mine = (keys.user_id == self._caller.id, keys.key == self._key)
        outdated = keys.created_at < now() - KEPT
        await self._session.execute(delete(IdempotencyKey).where(*mine, outdated))
        claim = IdempotencyKey(
            user_id=self._caller.id,
            key=self._key,
            fingerprint=fingerprint,
            status=0,
            headers="{}",
            body="",
        )
        self._claim = claim.id
        try:
            async with (
                waiting_at_most(self._session, TWIN_MILLISECONDS),
                self._session.begin_nested(),
            ):
                self._session.add(claim)
        except IntegrityError as error:
            first = await self._session.scalar(select(IdempotencyKey).where(*mine))
            if first is None:  # it was removed this very moment, for its age
                raise IdempotencyKeyInFlight from error
            return first
        except DBAPIError as error:
            if is_lock_timeout(error):
                raise IdempotencyKeyInFlight from error
            raise
        return None

    async def _keep(self, answer: Response) -> None:
        if self._kept and answer.body == self._kept.body:
            return
        headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        await self._session.execute(
            update(IdempotencyKey)
            .where(keys.id == self._claim)
            .values(
                status=answer.status_code,
                headers=json.dumps(headers),
                body=bytes(answer.body).decode(),
            )
            .execution_options(synchronize_session=False)
        )
        self._kept = answer


OnlyOnce = Annotated[Once, Depends()]


async def _fingerprint(request: Request) -> str:
    sha256 = hashlib.sha256(f"{request.method}\n{request.url.path}\n".encode())
    async for chunk in request.stream():  # of an operation without a body it may be of any length
        sha256.update(chunk)
    return sha256.hexdigest()


def _replay(first: IdempotencyKey, fingerprint: str) -> Response:
    if first.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    headers = json.loads(first.headers) | {
        "Cache-Control": "no-store",
        "Idempotency-Replayed": "true",
    }
    return Response(first.body, first.status, headers)
