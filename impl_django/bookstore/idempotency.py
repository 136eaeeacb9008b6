"""Idempotency-Key (IETF draft): same key and same request, one effect and one answer."""

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, OperationalError, models, transaction
from django.http import HttpResponse
from psycopg.errors import LockNotAvailable
from rest_framework.request import Request

from .accounts.models import User
from .database import MomentField, now, waiting_at_most
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
STORED_HEADERS = ("Content-Type", "Location", "ETag")


class IdempotencyKey(models.Model):
    """A key of a caller, and the answer its request got (storage.md: idempotency_keys)."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    user = models.ForeignKey(User, models.DO_NOTHING, db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField()
    headers = models.TextField()
    body = models.TextField()
    created_at = MomentField(default=now)

    class Meta:
        db_table = "idempotency_keys"
        indexes = (models.Index(fields=("created_at",), name="ix_idempotency_keys_created_at"),)
        constraints = (
            models.UniqueConstraint(fields=("user", "key"), name="uq_idempotency_keys_user_id_key"),
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A request under its key: the row with its answer, and the transaction that is open."""

    claim: IdempotencyKey
    transactions: ExitStack


def idempotent(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Store a view's answer in the transaction of its effect.

    Raises:
        IdempotencyKeyMissing, ValidationFailed: no key, or one of another form.
        IdempotencyKeyReused: the key belongs to another request.
        IdempotencyKeyInFlight: its first request is not finished.
    """

    @functools.wraps(view)
    def once(self: Any, request: Request, **arguments: Any) -> HttpResponse:
        with ExitStack() as transactions:
            transactions.enter_context(transaction.atomic())
            claim = IdempotencyKey(
                user_id=self.caller.id,
                key=_read_key(request),
                fingerprint=_fingerprint(request),
                status=0,
            )
            if (first := _claim(claim)) is not None:
                if first.fingerprint != claim.fingerprint:
                    raise IdempotencyKeyReused
                return _replay(first)
            request.META["bookstore.attempt"] = _Attempt(claim, transactions)
            response = view(self, request, **arguments)
            _store(claim, response)
        return response

    return once


@contextmanager
def checkpoint(request: Request, response: HttpResponse) -> Iterator[None]:
    """Commit what an idempotent view did so far; in the block, no transaction is open.

    A client that repeats the request meanwhile, or after a crash, receives `response`. What the
    view does afterwards is a separate transaction, in which its answer replaces `response`.
    """
    attempt: _Attempt = request.META["bookstore.attempt"]
    _store(attempt.claim, response)
    attempt.transactions.close()
    try:
        yield
    finally:
        attempt.transactions.enter_context(transaction.atomic())


def _store(claim: IdempotencyKey, response: HttpResponse) -> None:
    claim.status = response.status_code
    claim.headers = json.dumps(
        {name: response[name] for name in STORED_HEADERS if name in response}
    )
    claim.body = response.content.decode()
    claim.save(force_update=True)


def _read_key(request: Request) -> str:
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
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


def _fingerprint(request: Request) -> str:
    parts = (
        str(request.method).encode(),
        request.path.encode(),
        read_body(request, MAX_JSON_BYTES),
    )
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _claim(claim: IdempotencyKey) -> IdempotencyKey | None:
    """Insert `claim`, or return the key's finished claim; wait briefly for an unfinished one."""
    mine = IdempotencyKey.objects.filter(user=claim.user_id, key=claim.key)
    mine.filter(created_at__lt=now() - KEPT).delete()
    try:
        with waiting_at_most(TWIN_MILLISECONDS), transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError:
        if (first := mine.first()) is None:
            raise IdempotencyKeyInFlight from None  # it was removed this very moment, for its age
        return first
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise IdempotencyKeyInFlight from None
        raise
    return None


def _replay(first: IdempotencyKey) -> HttpResponse:
    headers = {
        **json.loads(first.headers),
        "Idempotency-Replayed": "true",
        "Cache-Control": "no-store",
    }
    return HttpResponse(first.body, status=first.status, headers=headers)
