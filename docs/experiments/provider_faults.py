"""A provider that fails: what the shop answers, what a payment becomes, what is charged."""

import sys
import time
from typing import Any
from uuid import uuid4

import httpx
from measuring import table
from slow_provider import books, placed
from workbench.lessons import open_shops
from workbench.shops import DEMO_CARD

DECLINED = "pm_card_declined"
FAULTS: dict[str, dict[str, Any] | None] = {
    "nothing": None,
    "the card is declined": None,
    "503, once": {"kind": "status", "status": 503, "times": 1},
    "cut off before charging": {"kind": "drop_before", "times": 1},
    "cut off after charging": {"kind": "drop_after", "times": 1},
    "half of the JSON": {"kind": "malformed", "times": 1},
    "another amount": {"kind": "wrong_amount", "times": 1},
    "three seconds, one is allowed": {"kind": "delay", "seconds": 3, "times": 1},
}
SETTLED_SECONDS = 6


def main() -> None:
    """Pay one order under each fault; the implementation is the argument, or Flask."""
    name = sys.argv[1] if len(sys.argv) > 1 else "flask"
    with open_shops(name, settings={"BOOKSTORE_PAYMENT_TIMEOUT_SECONDS": "1"}) as [shop]:
        if shop.sandbox is None:
            return
        with shop.client() as client, shop.sandbox.client() as provider:
            token = shop.token("customer@bookstore.example")
            client.headers["Authorization"] = f"Bearer {token}"
            rows = [
                (what, *paid(client, provider, book, what))
                for what, book in zip(FAULTS, books(client), strict=False)
            ]
    table(("the provider's fault", "answer", "payment", "later", "charged"), rows)


def paid(
    client: httpx.Client, provider: httpx.Client, book: str, what: str
) -> tuple[int, str, str, int]:
    """The answer's status, the payment then and later, and the provider's captures of it."""
    order = placed(client, book)
    if fault := FAULTS[what]:
        provider.post("/faults", json={"on": "createPayment", **fault}).raise_for_status()
    body = {"payment_method": DECLINED if "declined" in what else DEMO_CARD}
    headers = {"Idempotency-Key": str(uuid4())}
    answer = client.post(f"/orders/{order}/payments", json=body, headers=headers)
    payment = answer.json()
    later, deadline = payment["status"], time.monotonic() + SETTLED_SECONDS
    while later == "pending" and time.monotonic() < deadline:
        time.sleep(0.1)
        later = client.get(f"/payments/{payment['id']}").json()["status"]
    entries = provider.get("/ledger", params={"reference": payment["id"]}).json()["entries"]
    charged = sum(entry["kind"] == "capture" for entry in entries)
    return answer.status_code, payment["status"], later, charged


if __name__ == "__main__":
    main()
