"""Idempotency-Key (IETF draft): same key and same request, one effect and one answer."""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Response, g, request
from psycopg.errors import LockNotAvailable
from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    delete,
    select,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from .database import Base, UtcTime, db, utc_now, waiting_at_most
from .errors import (
    FieldError,
    IdempotencyKeyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    ValidationFailed,
)
from .fields import wrong_length
from .http import MAX_JSON_BYTES, read_body

KEPT = timedelta(days=7)
TWIN_MILLISECONDS = 2000
"""How long an unfinished twin is waited for."""
STORED_HEADERS = ("Content-Type", "Location", "ETag")


class IdempotencyKey(Base):
    """A key of a caller, and the answer its request got (storage.md: idempotency_keys)."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_idempotency_keys_user_id", ondelete="CASCADE"
        ),
        UniqueConstraint("user_id", "key", name="uq_idempotency_keys_user_id_key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(Uuid)
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=utc_now)


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """Store a view's answer in the transaction of its effect, and commit both; the view does not.

    Raises:
        IdempotencyKeyMissing, ValidationFailed: no key, or one of another form.
        IdempotencyKeyReused: the key belongs to another request.
        IdempotencyKeyInFlight: its first request is not finished.
    """

    @functools.wraps(view)
    def once(**arguments: Any) -> Response:
        key = _read_key()
        fingerprint = _fingerprint()
        claim = IdempotencyKey(
            user_id=g.caller.id, key=key, fingerprint=fingerprint, status=0, headers="{}", body=""
        )
        if (first := _claim(claim)) is not None:
            if first.fingerprint != fingerprint:
                raise IdempotencyKeyReused
            return _replay(first)
        g.claim = claim
        return checkpoint(view(**arguments))

    return once


def checkpoint(response: Response) -> Response:
    """Commit what was done so far, and `response` as its answer, of an idempotent view.

    A view that goes on afterwards (to ask the payment provider, say) leaves its last answer in the
    place of this one; who repeats the request in between, or after a crash, gets this one.
    """
    g.claim.status = response.status_code
    g.claim.headers = json.dumps(
        {n: response.headers[n] for n in STORED_HEADERS if n in response.headers}
    )
    g.claim.body = response.get_data(as_text=True)
    db.session.commit()
    return response


def _read_key() -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise IdempotencyKeyMissing
    if len(key) > 255:
        raise ValidationFailed(
            FieldError("header", "Idempotency-Key", "length", wrong_length(1, 255, "characters"))
        )
    if not re.fullmatch(
        r"[\x21-\x7e]+", key
    ):  # the server hands on an empty one for what is not ASCII
        raise ValidationFailed(
            FieldError("header", "Idempotency-Key", "format", "must be visible ASCII characters")
        )
    return key


def _fingerprint() -> str:
    body = read_body(MAX_JSON_BYTES)
    return hashlib.sha256(
        b"\n".join((request.method.encode(), request.path.encode(), body))
    ).hexdigest()


def _claim(claim: IdempotencyKey) -> IdempotencyKey | None:
    """Insert `claim`, or return the key's finished claim; wait briefly for an unfinished one."""
    mine = (IdempotencyKey.user_id == claim.user_id, IdempotencyKey.key == claim.key)
    db.session.execute(
        delete(IdempotencyKey).where(*mine, IdempotencyKey.created_at < utc_now() - KEPT)
    )
    try:
        with waiting_at_most(TWIN_MILLISECONDS), db.session.begin_nested():
            db.session.add(claim)
    except IntegrityError:
        if (first := db.session.scalar(select(IdempotencyKey).where(*mine))) is None:
            raise IdempotencyKeyInFlight from None  # it was removed this very moment, for its age
        return first
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise IdempotencyKeyInFlight from None
        raise
    return None


def _replay(first: IdempotencyKey) -> Response:
    response = Response(first.body, first.status, json.loads(first.headers))
    response.headers["Idempotency-Replayed"] = "true"
    response.headers["Cache-Control"] = "no-store"
    return response
