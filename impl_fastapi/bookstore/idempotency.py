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
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field

from .auth import Caller
from .database import Table, Time, columns, is_lock_timeout, now
from .errors import (
    FieldError,
    IdempotencyKeyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    ValidationFailed,
)

KEPT = timedelta(days=7)
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
    if not 1 <= len(key) <= 255 or not KEY_FORM.fullmatch(key):
        code = "format" if 1 <= len(key) <= 255 else "length"
        detail = "Must be 1 to 255 visible ASCII characters."
        raise ValidationFailed(FieldError("header", "Idempotency-Key", code, detail))
    return key


Key = Annotated[str, Depends(_key)]


async def once(
    request: Request,
    session: AsyncSession,
    caller: Caller,
    key: str,
    effect: Callable[[], Awaitable[Response]],
) -> Response:
    """The answer of `effect`, or the one that the same request got before.

    Raises IdempotencyKeyReused if the key stands for another request, IdempotencyKeyInFlight if its
    first request has not finished.
    """
    mine = (keys.user_id == caller.id, keys.key == key)
    fingerprint = await _fingerprint(request)
    await session.execute(delete(IdempotencyKey).where(*mine, keys.created_at < now() - KEPT))
    claim = IdempotencyKey(
        user_id=caller.id, key=key, fingerprint=fingerprint, status=0, headers="{}", body=""
    )
    try:
        async with session.begin_nested():  # an unfinished twin makes this wait
            session.add(claim)
    except IntegrityError:
        return _replay(await session.scalar(select(IdempotencyKey).where(*mine)), fingerprint)
    except DBAPIError as error:
        if is_lock_timeout(error):
            raise IdempotencyKeyInFlight from error
        raise
    answer = await effect()
    kept = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    await session.execute(
        update(IdempotencyKey)
        .where(keys.id == claim.id)
        .values(
            status=answer.status_code, headers=json.dumps(kept), body=bytes(answer.body).decode()
        )
    )
    return answer


async def _fingerprint(request: Request) -> str:
    head = f"{request.method}\n{request.url.path}\n".encode()
    return hashlib.sha256(head + await request.body()).hexdigest()


def _replay(first: IdempotencyKey | None, fingerprint: str) -> Response:
    if first is None:
        raise IdempotencyKeyInFlight  # it was rolled back this very moment
    if first.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    headers = json.loads(first.headers) | {
        "Cache-Control": "no-store",
        "Idempotency-Replayed": "true",
    }
    return Response(first.body, first.status, headers)
