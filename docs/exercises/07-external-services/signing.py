"""Sign an event as the payment provider does (Standard Webhooks)."""

import base64
import hashlib
import hmac


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`; `secret` is `whsec_…`, as in the setting.

    This one signs the body alone, with the setting as it is written.
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
