"""Answers, and the conditions under which they are given (RFC 9110)."""

import hashlib
import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic_core import to_json

from .errors import NotAcceptable, PreconditionFailed, PreconditionRequired, ValidationFailed
from .fields import wrong_length
from .problem import FieldError
from .settings import current_settings

MAX_HEADER = 8192


def accepts(*available: str) -> Any:
    """The representation that `Accept` likes best (RFC 9110, 12.5.1), the first among equals.

    Raises NotAcceptable if it admits none.
    """

    async def choose(request: Request) -> str:
        return require_acceptable(request, *available)

    return Depends(choose)


def require_acceptable(request: Request, *available: str) -> str:
    """As `accepts`, where what is available turns out late."""
    header = ",".join(request.headers.getlist("accept"))
    if not header.strip() or header == "*/*":
        return available[0]
    ranges = [_media_range(part) for part in header.split(",")]
    best = max(available, key=lambda media_type: _quality(media_type, ranges))
    if _quality(best, ranges) == 0:
        raise NotAcceptable(f"Accept must allow {' or '.join(available)}.")
    return best


def _media_range(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if re.fullmatch(r"q\s*=\s*[01](\.[0-9]{0,3})?", parameter):
            return media_range, float(parameter.partition("=")[2])
    return media_range, 1.0


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    found = dict(ranges)
    for media_range in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        if media_range in found:
            return found[media_range]
    return 0.0


def answer(
    value: Any,
    status: int = 200,
    *,
    etag: str | None = None,
    location: str | None = None,
    public: bool = False,
) -> Response:
    """`value` as JSON, serialised once; `public` is what everybody may see and caches may keep.

    Not a `response_model`, which would validate what the database's types have settled.
    """
    response = Response(to_json(value), status, media_type="application/json")
    response.headers["Cache-Control"] = "no-cache" if public else "no-store"
    if etag:
        response.headers["ETag"] = etag
    if location:
        response.headers["Location"] = location
    return response


def done() -> Response:
    """204: nothing more to say."""
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def money(amount: int, currency: str | None = None) -> dict[str, Any]:
    """An amount in minor units, of the shop's currency unless another was current then."""
    return {"amount": amount, "currency": currency or current_settings().currency}


# --- Conditional requests (RFC 9110, 13) ----------------------------------------------------------


def version_tag(version: int) -> str:
    """The strong entity tag of a row."""
    return f'"v{version}"'


def content_tag(sha256: str) -> str:
    """The strong entity tag of bytes, from their SHA-256 in hexadecimal."""
    return f'"{sha256[:32]}"'


def digest(content: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def header(request: Request, name: str) -> str | None:
    """All values of a header, as one.

    Raises ValidationFailed if it is longer than the contract has it.
    """
    values = request.headers.getlist(name)
    if not values:
        return None
    value = ", ".join(values)
    if len(value) > MAX_HEADER:
        raise ValidationFailed(
            FieldError("header", name, "length", wrong_length(0, MAX_HEADER, "characters"))
        )
    return value


def not_modified(request: Request, etag: str, *, public: bool = False) -> Response | None:
    """304 if the client has this representation already (weak comparison), else None."""
    known = header(request, "If-None-Match") or ""
    tags = (tag.strip().removeprefix("W/") for tag in known.split(","))
    if known.strip() != "*" and etag not in tags:
        return None
    cache = "no-cache" if public else "no-store"
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": cache})


class Precondition:
    """`If-Match`: a write is held to the representation that its author saw."""

    def __init__(self, wanted: str | None, *, required: bool) -> None:
        self.wanted, self.required = wanted, required

    def require(self, etag: str | None) -> None:
        """Compare strongly with the tag of what is stored; None is nothing.

        Raises PreconditionRequired without `If-Match`, PreconditionFailed if it does not hold.
        """
        if self.wanted is None:
            if self.required:
                raise PreconditionRequired
        elif etag is None or (
            self.wanted.strip() != "*"
            and etag not in (tag.strip() for tag in self.wanted.split(","))
        ):
            raise PreconditionFailed


async def _if_match(request: Request) -> Precondition:
    return Precondition(header(request, "If-Match"), required=True)


async def _if_match_optional(request: Request) -> Precondition:
    return Precondition(header(request, "If-Match"), required=False)


IfMatch = Annotated[Precondition, Depends(_if_match)]
IfMatchOptional = Annotated[Precondition, Depends(_if_match_optional)]
