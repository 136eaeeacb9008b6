"""What comes in: queries and bodies, read as the contract's conventions have them."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Depends, Request
from pydantic_core import from_json

from .errors import (
    ContentTooLarge,
    MalformedRequest,
    UnsupportedMediaType,
    ValidationFailed,
)
from .fields import Model, validate
from .problem import FieldError
from .settings import current_settings

JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/merge-patch+json", "application/json")
MAX_JSON_BYTES = 1_048_576


def read_query(model: type[Model]) -> Any:
    """The query's parameters as `model`, each known and given once.

    Not FastAPI's `Query()`, which takes the last of repeated parameters.
    Raises ValidationFailed, naming every offending parameter.
    """

    async def read(request: Request) -> Model:
        counts = Counter(name for name, _ in request.query_params.multi_items())
        if repeated := [name for name, count in counts.items() if count > 1]:
            once = "must be given once"
            raise ValidationFailed(*(FieldError("query", n, "repeated", once) for n in repeated))
        return validate(model, dict(request.query_params), "query")

    return Depends(read)


def read_json(model: type[Model], *media_types: str) -> Any:
    """The body as `model`.

    Not FastAPI's `Body()`, which is read before the caller is known.
    Raises UnsupportedMediaType, ContentTooLarge, MalformedRequest if it cannot be read,
    ValidationFailed naming every offending member.
    """

    async def read(request: Request) -> Model:
        require_media_type(request, *(media_types or JSON_TYPES))
        body = await read_body(request, MAX_JSON_BYTES)
        return validate(model, parse_json(body), "body")

    return Depends(read)


def read_patch(model: type[Model]) -> Any:
    """The body as a JSON merge-patch (RFC 7396) of `model`; what it names is `model_fields_set`."""
    return read_json(model, *PATCH_TYPES)


def require_media_type(request: Request, *accepted: str) -> str:
    """The body's media type.

    Raises UnsupportedMediaType if it is not among `accepted`, or in another charset than UTF-8.
    """
    media_type, *options = request.headers.get("content-type", "").lower().split(";")
    named = [option.strip().replace('"', "") for option in options if option.strip()]
    if media_type.strip() not in accepted or any(option != "charset=utf-8" for option in named):
        raise UnsupportedMediaType(f"Content-Type must be {' or '.join(accepted)}.")
    return media_type.strip()


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, which `request.body()` then gives again.

    Raises ContentTooLarge if it has more than `limit` bytes.
    """
    body = b"".join([chunk async for chunk in stream_body(request, limit)])
    request._body = body  # noqa: SLF001 -- Starlette has no public way to set the body
    return body


async def stream_body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it comes.

    Raises ContentTooLarge as soon as it is known to have more than `limit` bytes.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise ContentTooLarge
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise ContentTooLarge
        yield chunk


def parse_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259).

    Raises MalformedRequest if it is not one.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedRequest(f"The body is not valid JSON: {error}.") from None


def client_address(request: Request) -> str:
    """Whose request it is: what the outermost trusted proxy wrote into `X-Forwarded-For`."""
    proxies = current_settings().trusted_proxies
    hops = [hop.strip() for hop in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    if 0 < proxies <= len(hops) and hops[-proxies]:
        return hops[-proxies][:100]
    return request.client.host if request.client else "unknown"
