"""Which representation an answer has (RFC 9110, 12.5.1)."""

import re
from typing import Any

from django.utils.http import parse_header_parameters
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from .errors import NotAcceptable


class StrictNegotiation(BaseContentNegotiation):
    """Picks a representation by `Accept` (RFC 9110, 12.5.1), quality and all."""

    def select_parser(self, request: Request, parsers: Any) -> None:
        """Bodies are read by `read_json` and `read_body`."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """The media type of the answer."""
        best = require_acceptable(request, *renderers)
        return best, best


def require_acceptable(request: Request, *available: str) -> str:
    """The representation that `Accept` likes best, the first one among equals.

    Raises:
        NotAcceptable: it admits none.
    """
    wanted = request.META.get("HTTP_ACCEPT", "").strip()
    if wanted in ("", "*/*"):
        return available[0]
    ranges = _accept_ranges(wanted)
    liked = {media_type: _quality(media_type, ranges) for media_type in available}
    best = max(liked, key=lambda media_type: liked[media_type])
    if not liked[best]:
        raise NotAcceptable(f"Accept must allow {' or '.join(available)}.")
    return best


def _accept_ranges(header: str) -> dict[str, float]:
    ranges = {}
    for part in filter(None, (part.strip() for part in header.split(","))):
        media_range, options = parse_header_parameters(part)
        quality = options.get("q", "1")
        ranges[media_range] = (
            float(quality) if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality) else 0.0
        )
    return ranges


def _quality(media_type: str, ranges: dict[str, float]) -> float:
    """The quality of the most specific range that includes `media_type`."""
    candidates = (media_type, media_type.partition("/")[0] + "/*", "*/*")
    return next((ranges[candidate] for candidate in candidates if candidate in ranges), 0.0)
