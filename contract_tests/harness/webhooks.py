"""Events signed as the payment provider signs them: the Standard Webhooks scheme."""

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
"""What the suite's own servers believe."""


def signature(content: bytes, secret: str, event_id: str, timestamp: str) -> str:
    """`v1,` and the HMAC-SHA256 over `id.timestamp.content`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{event_id}.{timestamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(
    content: bytes, secret: str, *, event_id: str | None = None, seconds_ago: int = 0
) -> dict[str, str]:
    """The three headers of an event, signed now or some time ago; its id is new or given."""
    event_id = event_id or f"msg_{formats.word()}"
    timestamp = str(int(time.time()) - seconds_ago)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(content, secret, event_id, timestamp),
    }
