"""Signatures of payment events (Standard Webhooks)."""

import base64
import hashlib
import hmac
import time

from harness import formats

PREFIX = "whsec_"


def _secret(text: str) -> str:
    return PREFIX + base64.b64encode(text.encode()).decode()


SECRETS = (
    _secret("the contract suite signs with this one"),
    _secret("and its sandbox with this, as in a rotation"),
)
"""The secrets of the suite's servers; a signature with either is valid."""


def signature(content: bytes, secret: str, event_id: str, timestamp: str) -> str:
    """Return `v1,` and the HMAC-SHA256 of `id.timestamp.content`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{event_id}.{timestamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(
    content: bytes, secret: str, *, event_id: str | None = None, seconds_ago: int = 0
) -> dict[str, str]:
    """Return the three headers of an event, with a timestamp `seconds_ago`."""
    event_id = event_id or f"msg_{formats.word()}"
    timestamp = str(int(time.time()) - seconds_ago)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(content, secret, event_id, timestamp),
    }
