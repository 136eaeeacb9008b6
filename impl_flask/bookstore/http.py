"""HTTP as the contract has it: what goes in is read strictly, what goes out is written once."""

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from flask import Response, g, request
from marshmallow import Schema
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_options_header

from .errors import (
    ContentTooLarge,
    FieldError,
    MalformedRequest,
    NotAcceptable,
    PreconditionFailed,
    PreconditionRequired,
    ServiceUnavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from .fields import validate, wrong_length
from .server import BLOCKING_THREADS

JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/merge-patch+json", "application/json")
MAX_JSON_BYTES = 1_048_576
MAX_DRAINED_BYTES = 8_388_608
MAX_ENTITY_TAGS = 8192

_readers = threading.BoundedSemaphore(BLOCKING_THREADS - 2)
READER_SECONDS = 0.1


# --- In -------------------------------------------------------------------------------------------


def read_query(schema: Schema) -> dict[str, Any]:
    """The query's parameters, each known and given once.

    Raises:
        MalformedRequest: the query has bytes that are not percent-encoded.
        ValidationFailed: naming every offending parameter.
    """
    try:
        query = request.args
    except UnicodeDecodeError:
        raise MalformedRequest("The query must be percent-encoded.") from None
    if repeated := [name for name, values in query.lists() if len(values) > 1]:
        once = "must be given once"
        raise ValidationFailed(*(FieldError("query", name, "repeated", once) for name in repeated))
    return validate(schema, query.to_dict(), "query")


def read_body(limit: int) -> bytes:
    """The whole body.

    Raises:
        ContentTooLarge: it has more than `limit` bytes.
        MalformedRequest: it broke off.
    """
    if (request.content_length or 0) > limit:
        raise ContentTooLarge
    if "body" not in g:  # a stream is read once
        with reader():
            g.body = request.stream.read(limit + 1)
    body: bytes = g.body
    if len(body) > limit:
        raise ContentTooLarge
    require_whole(len(body))
    return body


@contextmanager
def reader(seconds: float = READER_SECONDS) -> Iterator[None]:
    """Occupy one of the threads that may wait for a body.

    Two threads are left over, so that slow clients do not block other clients.

    Raises:
        ServiceUnavailable: all are waiting.
    """
    if not _readers.acquire(timeout=seconds):
        raise ServiceUnavailable
    try:
        yield
    finally:
        _readers.release()


def require_whole(size: int) -> None:
    """Hold a body to its length: the server gives what came as if it were all.

    Raises:
        MalformedRequest: it broke off.
    """
    if size < (request.content_length or 0):
        raise MalformedRequest("The body is not complete.")


def drain_body() -> None:
    """Drain the unread body: the server would otherwise close the connection.

    A client that waits for 100 (Continue) has not sent the body, and need not send it.
    """
    if "Expect" in request.headers:
        return
    if "body" not in g and (request.content_length or 0) <= MAX_DRAINED_BYTES:
        with suppress(ServiceUnavailable), reader(0):
            while request.stream.read(65_536):
                pass


def require_media_type(*accepted: str) -> str:
    """The body's media type.

    Raises:
        UnsupportedMediaType: it is not among `accepted`, or in another charset than UTF-8.
    """
    media_type, options = parse_options_header(request.headers.get("Content-Type"))
    charset = options.pop("charset", "utf-8")
    if media_type.lower() not in accepted or options or charset.lower() != "utf-8":
        raise UnsupportedMediaType(f"Content-Type must be {' or '.join(accepted)}.")
    return media_type.lower()


def read_json(schema: Schema, *media_types: str) -> dict[str, Any]:
    """The body as `schema` understands it.

    Raises:
        UnsupportedMediaType, ContentTooLarge, MalformedRequest: it cannot be read.
        ValidationFailed: naming every offending member.
    """
    require_media_type(*(media_types or JSON_TYPES))
    return validate(schema, parse_json(read_body(MAX_JSON_BYTES)), "body")


def parse_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8 (RFC 8259).

    Raises:
        MalformedRequest: it is not one, or it has a lone surrogate, which no database can store.
    """
    try:
        text = body.decode()
        value = json.loads(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # fails on a lone surrogate
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"The body is not valid JSON: {error}."[:1000]) from None
    return value


# --- Out ------------------------------------------------------------------------------------------


def require_acceptable(available: Sequence[str]) -> str:
    """The representation that `Accept` likes best, the first one among equals.

    Raises:
        NotAcceptable: it admits none.
    """
    # Werkzeug would have a range's parameters match; ours have none.
    ranges = MIMEAccept(
        (each.partition(";")[0].rstrip(), q) for each, q in request.accept_mimetypes
    )
    best, quality = "", 0.0
    for media_type in available:
        if (this := ranges.quality(media_type) if ranges else 1.0) > quality:
            best, quality = media_type, this
    if not best:
        raise NotAcceptable(f"Accept must allow {' or '.join(available)}.")
    return best


def dump_json(value: Any) -> str:
    """`value` as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def answer(
    value: Any,
    status: int = 200,
    *,
    etag: str | None = None,
    location: str | None = None,
    public: bool = False,
) -> Response:
    """`value` as JSON; `public` is what everybody may see and caches may keep."""
    response = Response(dump_json(value), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-cache" if public else "no-store"
    if etag:
        response.headers["ETag"] = etag
    if location:
        response.headers["Location"] = location
    return response


def done() -> Response:
    """204: nothing more to say."""
    response = Response(status=204)
    response.headers["Cache-Control"] = "no-store"
    del response.headers["Content-Type"]
    return response


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def money(amount: int, currency: str) -> dict[str, Any]:
    """The contract's Money; `amount` in minor units."""
    return {"amount": amount, "currency": currency}


# --- Conditional requests (RFC 9110, 13) ----------------------------------------------------------


def version_tag(version: int) -> str:
    """The strong entity tag of a row."""
    return f'"v{version}"'


def content_tag(content: bytes) -> str:
    """The strong entity tag of bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def not_modified(etag: str, *, public: bool) -> Response | None:
    """304 if the client has this representation already (weak comparison), else None."""
    known = _entity_tags("If-None-Match") or ""
    if known.strip() != "*" and etag not in (
        tag.strip().removeprefix("W/") for tag in known.split(",")
    ):
        return None
    response = Response(status=304)
    del response.headers["Content-Type"]
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache" if public else "no-store"
    return response


def require_match(etag: str, *, required: bool = True) -> None:
    """Hold a write to the representation its author saw (strong comparison).

    Raises:
        PreconditionRequired: no `If-Match`, though it is required.
        PreconditionFailed: the resource is another by now.
    """
    wanted = _entity_tags("If-Match")
    if wanted is None:
        if required:
            raise PreconditionRequired
    elif wanted.strip() != "*" and etag not in (tag.strip() for tag in wanted.split(",")):
        raise PreconditionFailed


def _entity_tags(header: str) -> str | None:
    value = request.headers.get(header)
    if value is not None and len(value) > MAX_ENTITY_TAGS:
        raise ValidationFailed(
            FieldError("header", header, "length", wrong_length(0, MAX_ENTITY_TAGS, "characters"))
        )
    return value
