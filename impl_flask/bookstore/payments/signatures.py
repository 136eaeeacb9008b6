"""The provider's signature on its events (Standard Webhooks)."""

import re
from base64 import b64encode
from datetime import datetime

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import hmac_data
from werkzeug.datastructures import Headers

from ..errors import InvalidSignature
from ..settings import current_settings

FORMS = {
    "webhook-id": "[A-Za-z0-9_-]{1,255}",
    "webhook-timestamp": "[0-9]{1,12}",
    "webhook-signature": "[ -~]{1,1000}",
}
SIGNATURE = re.compile("v1,[A-Za-z0-9+/]{43}=")


def require_signature(body: bytes, headers: Headers) -> None:
    """See that one of the shop's secrets signs this body, and did so within five minutes.

    Raises:
        InvalidSignature: none does, or the headers are not what they should be.
    """
    given = {name: headers.get(name, "") for name in FORMS}
    if not all(re.fullmatch(FORMS[name], value) for name, value in given.items()):
        raise _refusal()
    # The library stumbles over what is no signature at all; what it gets is one.
    given["webhook-signature"] = " ".join(
        filter(SIGNATURE.fullmatch, given["webhook-signature"].split(" "))
    )
    if not any(
        _signs(secret, body, given) for secret in current_settings().payment_webhook_secrets
    ):
        raise _refusal()


class _RawWebhook(Webhook):
    """Signs the bytes that came: what is signed and no UTF-8 is malformed, not forged."""

    def sign(self, msg_id: str, timestamp: datetime, data: str) -> str:
        signed = f"{msg_id}.{int(timestamp.timestamp())}.{data}".encode(errors="surrogateescape")
        return f"v1,{b64encode(hmac_data(self._whsecret, signed)).decode()}"


def _signs(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        _RawWebhook(secret).verify(body.decode(errors="surrogateescape"), headers, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def _refusal() -> InvalidSignature:
    return InvalidSignature(headers={"WWW-Authenticate": "Signature"})
