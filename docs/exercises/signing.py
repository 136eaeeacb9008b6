"""The check of lesson 7: an event that the shop believes, because it is signed."""

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
from loading import load
from workbench.lessons import open_shops
from workbench.processes import FailedError

Sign = Callable[[str, str, int, bytes], str]


def check(folder: Path) -> None:
    """Send events signed by `sign` of `signing.py` in `folder`. Raises FailedError."""
    sign: Sign = load(folder / "signing.py", "sign")
    with open_shops("flask") as [shop]:
        secret = shop.sandbox.webhook_secret if shop.sandbox else ""
        with shop.client() as client:
            for _ in range(3):
                _expect(204, _send(client, sign, secret), "your event")
            _expect(401, _send(client, sign, _other_secret()), "an event of another secret")
            _expect(401, _send(client, sign, secret, late=3600), "an event of an hour ago")
            _expect(401, _send(client, sign, secret, tampered=True), "an event that was changed")


def _send(
    client: httpx.Client, sign: Sign, secret: str, *, late: int = 0, tampered: bool = False
) -> int:
    """The status that an event about an unknown payment gets."""
    number, moment = f"msg_{secrets.token_hex(8)}", int(time.time()) - late
    body = json.dumps(_event(moment)).encode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(moment),
        "webhook-signature": sign(secret, number, moment, body),
    }
    content = body.replace(b"1299", b"9912") if tampered else body
    return client.post("/webhooks/payments", content=content, headers=headers).status_code


def _event(moment: int) -> dict[str, object]:
    payment = {
        "id": f"pay_{secrets.token_hex(8)}",
        "reference": str(uuid4()),
        "amount": 1299,
        "currency": "EUR",
    }
    told = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    return {"type": "payment.captured", "timestamp": told, "data": payment}


def _other_secret() -> str:
    return "whsec_b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI="


def _expect(status: int, got: int, what: str) -> None:
    if got != status:
        raise FailedError(f"The shop should answer {what} with {status}, not {got}.")
