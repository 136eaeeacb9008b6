"""Who sent an event: the Standard Webhooks scheme (id, timestamp, HMAC over the raw body)."""

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError, hmac_data

from ..environment import current_settings
from ..errors import InvalidSignature
from ..http import MAX_JSON_BYTES, read_body

FORMS = {
    "webhook-id": re.compile("[A-Za-z0-9_-]{1,255}"),
    "webhook-timestamp": re.compile("[0-9]{1,12}"),
    "webhook-signature": re.compile("[ -~]{1,1000}"),
}
SIGNATURE = re.compile("v1,[A-Za-z0-9+/]{43}=")


class SignatureAuthentication(BaseAuthentication):
    """Events of the payment provider."""

    def authenticate(self, request: Request) -> tuple[None, str]:
        """The id of the event.

        Raises:
            ContentTooLarge: the body has more bytes than an event can have.
            InvalidSignature: no configured secret signs it, or not of late.
        """
        body = read_body(request, MAX_JSON_BYTES)
        headers = {name: request.headers.get(name, "") for name in FORMS}
        require_signature(headers, body)
        return None, headers["webhook-id"]


def require_signature(headers: Mapping[str, str], body: bytes) -> None:
    """Check that one of the secrets signed this id, timestamp and body in the last five minutes.

    Raises:
        InvalidSignature: no secret did.
    """
    if all(form.fullmatch(headers[name]) for name, form in FORMS.items()):
        for signature in headers["webhook-signature"].split(" "):
            # The library would fail at a malformed signature, though the next one may be right.
            if SIGNATURE.fullmatch(signature) and _signs(
                {**headers, "webhook-signature": signature}, body
            ):
                return
    raise InvalidSignature(headers={"WWW-Authenticate": "Signature"})


class RawWebhook(Webhook):
    """Signs the bytes that came: what is signed and no UTF-8 is malformed, not forged."""

    def sign(self, msg_id: str, timestamp: datetime, data: str) -> str:
        """The signature of an event's body, its undecodable bytes as surrogates."""
        signed = f"{msg_id}.{int(timestamp.timestamp())}.{data}".encode(errors="surrogateescape")
        return f"v1,{b64encode(hmac_data(self._whsecret, signed)).decode()}"


def _signs(headers: dict[str, str], body: bytes) -> bool:
    return any(_verifies(webhook, headers, body) for webhook in _webhooks())


def _verifies(webhook: Webhook, headers: dict[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body.decode(errors="surrogateescape"), headers, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


@cache
def _webhooks() -> tuple[Webhook, ...]:
    return tuple(RawWebhook(secret) for secret in current_settings().payment_webhook_secrets)
