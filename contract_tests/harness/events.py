"""Payment events that a test sends itself, signed as the provider signs them."""

import json
from dataclasses import dataclass

import httpx

from harness import formats, webhooks
from harness.client import Client, succeeded
from harness.contract import Json

PATH = "/webhooks/payments"
CAPTURED, FAILED = "payment.captured", "payment.failed"
SUCCEEDED, REFUSED = "refund.succeeded", "refund.failed"


@dataclass(frozen=True)
class Events:
    """Sends events to a shop, signed with the shop's webhook secret."""

    anyone: Client
    secret: str

    def send(self, content: bytes, **headers: str | None) -> httpx.Response:
        """Send signed content; `headers` replaces headers, None removes one (`_` means `-`)."""
        signed = webhooks.headers(content, self.secret)
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json", **signed, **changed}
        return self.anyone.post(PATH, content=content, headers=sent)

    def tell(self, kind: str, thing: Json, *, event_id: str | None = None, **data: Json) -> None:
        """Send an event about a payment or refund, with some of its data changed."""
        content = self.event(kind, thing, **data)
        headers = webhooks.headers(content, self.secret, event_id=event_id)
        sent = {"Content-Type": "application/json", **headers}
        succeeded(self.anyone.post(PATH, content=content, headers=sent), 204)

    @staticmethod
    def event(kind: str, thing: Json, **data: Json) -> bytes:
        """Build the body of an event about a payment or refund."""
        failed = kind.endswith("failed")
        told: Json = {
            "id": f"px_{thing['id']}",
            "reference": thing["id"],
            "amount": thing["amount"]["amount"],
            "currency": formats.CURRENCY,
            "failure_code": "card_declined" if failed else None,
        }
        event = {"type": kind, "timestamp": "2026-03-01T09:30:00Z", "data": {**told, **data}}
        return json.dumps(event).encode()
