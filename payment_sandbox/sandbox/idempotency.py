"""One `Idempotency-Key`, one effect: the answer is stored in the transaction of the effect."""

import hashlib
import json
import re
from collections.abc import Callable
from sqlite3 import Connection

from aiohttp import web

from sandbox.database import now, transaction
from sandbox.problems import IdempotencyKeyMissing, IdempotencyKeyReused, InvalidRequest
from sandbox.schemas import Input, Json

KEY = re.compile(r"[\x21-\x7e]{1,255}")


def once(
    request: web.Request, connection: Connection, wanted: Input, effect: Callable[[], Json]
) -> web.Response:
    """The 201 of the effect, or of the time when it happened. Refusals are not stored.

    Raises IdempotencyKeyMissing, IdempotencyKeyReused, InvalidRequest for a key that cannot be,
    and what the effect raises.
    """
    key = idempotency_key(request)
    fingerprint = fingerprint_of(request, wanted)
    with transaction(connection):
        known = connection.execute(
            "SELECT fingerprint, body FROM idempotency_keys WHERE key = ?", [key]
        ).fetchone()
        if known is None:
            body = json.dumps(effect())
            connection.execute(
                "INSERT INTO idempotency_keys (key, fingerprint, body, created_at)"
                " VALUES (?, ?, ?, ?)",
                [key, fingerprint, body, now()],
            )
            return created(body)
    if known["fingerprint"] != fingerprint:
        raise IdempotencyKeyReused("This Idempotency-Key was sent with another request.")
    return created(known["body"], {"Idempotent-Replayed": "true"})


def idempotency_key(request: web.Request) -> str:
    """The request's key."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        raise IdempotencyKeyMissing("Send an Idempotency-Key.")
    if len(keys) > 1 or not KEY.fullmatch(keys[0]):
        raise InvalidRequest("Idempotency-Key: one, of 1 to 255 visible ASCII characters")
    return keys[0]


def fingerprint_of(request: web.Request, wanted: Input) -> str:
    """What the request says, not how its JSON is spaced: a repeat may come from another client."""
    said = f"{request.method} {request.path} {wanted.model_dump_json()}"
    return hashlib.sha256(said.encode()).hexdigest()


def created(body: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=201, body=body.encode(), content_type="application/json", headers=headers
    )
