"""HTTP as the contract has it: what goes in is read strictly, what goes out is written once."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.http import parse_header_parameters
from rest_framework.request import Request

from .environment import current_settings
from .errors import (
    ContentTooLarge,
    FieldError,
    MalformedRequest,
    PreconditionFailed,
    PreconditionRequired,
    ServiceUnavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from .fields import StrictSerializer, validate, wrong_length
from .server import THREADS

JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/merge-patch+json", "application/json")
MAX_JSON_BYTES = 1_048_576
MAX_ENTITY_TAGS = 8192
CHUNK_BYTES = 65_536
MAX_DRAINED_BYTES = 83_886_080
MAX_DRAINED_CHUNKED_BYTES = 1_048_576

_readers = threading.BoundedSemaphore(THREADS - 2)
READER_SECONDS = 0.1


# --- In -------------------------------------------------------------------------------------------


def client_address(environ: Mapping[str, Any]) -> str:
    """Who is asking, past the proxies that are trusted to say so."""
    hops = current_settings().trusted_proxies
    entries = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    forwarded = [entry.strip() for entry in entries if entry.strip()]
    return str(
        forwarded[-hops] if 0 < hops <= len(forwarded) else environ.get("REMOTE_ADDR") or "unknown"
    )


def read_query(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The query's parameters, each known and given once.

    Raises:
        ValidationFailed: naming every offending parameter.
    """
    query = request.query_params
    if repeated := [name for name, values in query.lists() if len(values) > 1]:
        once = "must be given once"
        raise ValidationFailed(*(FieldError("query", name, "repeated", once) for name in repeated))
    return validate(serializer, query.dict(), "query")


def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    REST framework's `request.data` would treat an empty body as an empty form, and a chunked body
    as an empty one.

    Raises:
        ContentTooLarge: it has more than `limit` bytes.
    """
    environ = request.META
    if "bookstore.body" not in environ:  # read once, whoever asks again
        environ["bookstore.body"] = b"".join(body_chunks(request, limit))
    body: bytes = environ["bookstore.body"]
    return body


def body_chunks(request: Request, limit: int) -> Iterator[bytes]:
    """The body, piece by piece.

    Raises:
        ContentTooLarge: it has more than `limit` bytes.
        MalformedRequest: it broke off; the server gives what came as if it were all.
        ServiceUnavailable: too many threads wait for bodies.
    """
    stream, left = request.META["wsgi.input"], limit
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > limit:
        raise ContentTooLarge
    with reader():
        while chunk := stream.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise ContentTooLarge
            yield chunk
    if limit - left < length:
        raise MalformedRequest("The body is not complete.")


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


def drain_body(environ: Mapping[str, Any]) -> None:
    """Drain the unread body, up to a limit: the server would otherwise close the connection.

    A client that waits for 100 (Continue) has not sent the body, and need not send it.
    """
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_DRAINED_BYTES or "HTTP_EXPECT" in environ:
        return
    left = length
    if "HTTP_TRANSFER_ENCODING" in environ:
        left = MAX_DRAINED_CHUNKED_BYTES  # that may never end
    with suppress(ServiceUnavailable), reader(0):
        while left > 0 and (chunk := environ["wsgi.input"].read(CHUNK_BYTES)):
            left -= len(chunk)


def require_media_type(request: Request, *accepted: str) -> str:
    """The body's media type.

    Raises:
        UnsupportedMediaType: it is not among `accepted`, or in another charset than UTF-8.
    """
    media_type, options = parse_header_parameters(request.META.get("CONTENT_TYPE") or "")
    charset = options.pop("charset", "utf-8")
    if media_type not in accepted or options or charset.lower() != "utf-8":
        raise UnsupportedMediaType(f"Content-Type must be {' or '.join(accepted)}.")
    return media_type


def read_json(
    request: Request, serializer: type[StrictSerializer], *media_types: str
) -> dict[str, Any]:
    """The body as `serializer` understands it.

    Raises:
        UnsupportedMediaType, ContentTooLarge, MalformedRequest: it cannot be read.
        ValidationFailed: naming every offending member.
    """
    require_media_type(request, *(media_types or JSON_TYPES))
    return validate(serializer, parse_json(read_body(request, MAX_JSON_BYTES)), "body")


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
) -> HttpResponse:
    """`value` as JSON; `public` is what everybody may see and caches may keep."""
    response = HttpResponse(dump_json(value), status=status, content_type="application/json")
    response["Cache-Control"] = "no-cache" if public else "no-store"
    if etag:
        response["ETag"] = etag
    if location:
        response["Location"] = location
    return response


def done() -> HttpResponse:
    """204: nothing more to say."""
    return _bodiless(204, {"Cache-Control": "no-store"})


def _bodiless(status: int, headers: dict[str, str]) -> HttpResponse:
    response = HttpResponse(status=status, headers=headers)
    del response["Content-Type"]
    return response


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def money(amount: int, currency: str) -> dict[str, Any]:
    """The contract's Money, in minor units."""
    return {"amount": amount, "currency": currency}


# --- Conditional requests (RFC 9110, 13) ----------------------------------------------------------


def version_tag(version: int) -> str:
    """The strong entity tag of a row."""
    return f'"v{version}"'


def content_tag(content: bytes) -> str:
    """The strong entity tag of bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def not_modified(request: Request, etag: str, *, public: bool) -> HttpResponse | None:
    """304 if the client has this representation already (weak comparison), else None."""
    known = _entity_tags(request, "If-None-Match") or ""
    if known.strip() != "*" and etag not in (
        tag.strip().removeprefix("W/") for tag in known.split(",")
    ):
        return None
    return _bodiless(304, {"ETag": etag, "Cache-Control": "no-cache" if public else "no-store"})


def if_match(request: Request) -> str | None:
    """The precondition of a write, for `require_match`."""
    return _entity_tags(request, "If-Match")


def require_match(wanted: str | None, etag: str, *, required: bool = True) -> None:
    """Compare `wanted`, the request's `If-Match`, with the current entity tag (strong comparison).

    Raises:
        PreconditionRequired: `If-Match` is missing, though it is required.
        PreconditionFailed: the resource has changed since the client read it.
    """
    if wanted is None:
        if required:
            raise PreconditionRequired
    elif wanted.strip() != "*" and etag not in (tag.strip() for tag in wanted.split(",")):
        raise PreconditionFailed


def _entity_tags(request: Request, header: str) -> str | None:
    value: str | None = request.headers.get(header)
    if value is not None and len(value) > MAX_ENTITY_TAGS:
        raise ValidationFailed(
            FieldError("header", header, "length", wrong_length(0, MAX_ENTITY_TAGS, "characters"))
        )
    return value
