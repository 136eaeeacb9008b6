"""Who sent an event: Standard Webhooks, any configured secret counts (rotation)."""

import re
from base64 import b64encode
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import hmac_data

from ..errors import InvalidSignature
from ..inputs import MAX_JSON_BYTES, read_body
from ..settings import current_settings

FORMS = {
    "webhook-id": re.compile(r"[A-Za-z0-9_-]{1,255}"),
    "webhook-timestamp": re.compile(r"[0-9]{1,12}"),
    "webhook-signature": re.compile(r"[\x20-\x7e]{1,1000}"),
}
SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")


async def verified_id(request: Request) -> str:
    """The id of an event that the provider signed within five minutes.

    Raises ContentTooLarge, InvalidSignature.
    """
    body = await read_body(request, MAX_JSON_BYTES)
    headers = {name: ", ".join(request.headers.getlist(name)) for name in FORMS}
    if not all(form.fullmatch(headers[name]) for name, form in FORMS.items()):
        raise InvalidSignature
    # The library stumbles over what is no signature at all, though the next one may be right.
    signatures = filter(SIGNATURE.fullmatch, headers["webhook-signature"].split(" "))
    headers["webhook-signature"] = " ".join(signatures)
    secrets = current_settings().payment_webhook_secrets
    if not any(_verifies(secret, body, headers) for secret in secrets):
        raise InvalidSignature
    return headers["webhook-id"]


class _RawWebhook(Webhook):
    """Signs the bytes that came: signed, what is no UTF-8 is a malformed body and no forgery."""

    def sign(self, msg_id: str, timestamp: datetime, data: str) -> str:
        signed = f"{msg_id}.{int(timestamp.timestamp())}.{data}"
        signature = hmac_data(self._whsecret, signed.encode(errors="surrogateescape"))
        return f"v1,{b64encode(signature).decode()}"


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    text = body.decode(errors="surrogateescape")
    try:
        _RawWebhook(secret).verify(text, headers, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


SIGNED = Depends(verified_id)
EventId = Annotated[str, SIGNED]
