"""Idempotency keys: the response is stored in the same transaction as the effect."""

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
    """Run the effect and return 201, or return the stored response of its first request.

    Errors are not stored. Raises IdempotencyKeyMissing, IdempotencyKeyReused, InvalidRequest for
    an invalid key, and whatever the effect raises.
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
    """Return the `Idempotency-Key` of the request."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        raise IdempotencyKeyMissing("Send an Idempotency-Key.")
    if len(keys) > 1 or not KEY.fullmatch(keys[0]):
        raise InvalidRequest("Idempotency-Key must be 1 to 255 visible ASCII characters.")
    return keys[0]


def fingerprint_of(request: web.Request, wanted: Input) -> str:
    """Hash the parsed request, so that white space in a repeated body does not matter."""
    said = f"{request.method} {request.path} {wanted.model_dump_json()}"
    return hashlib.sha256(said.encode()).hexdigest()


def created(body: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return a 201 response with this JSON."""
    return web.Response(
        status=201, body=body.encode(), content_type="application/json", headers=headers
    )
