"""The payment sandbox: a client of its API, and a process beside each server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from harness import ROOT
from harness.client import trust
from harness.contract import Json
from harness.processes import FailedError, Process, clean_environment, free_port, listens

COMMAND = ROOT / "payment_sandbox" / ".venv" / "bin" / "payment-sandbox"
START_SECONDS = 60
KEY = "sk_sandbox_contract_suite"
"""The API key of the suite's sandboxes."""


class Sandbox:
    """A client of a payment sandbox at any address."""

    def __init__(self, url: str, key: str = KEY) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(
            base_url=self.url, headers=headers, timeout=30, trust_env=False, verify=trust()
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ledger(self, payment_id: str | None = None) -> list[Json]:
        """Return the ledger entries, oldest first; only those of a payment if one is given."""
        query = {"limit": "1000"} | ({"reference": payment_id} if payment_id else {})
        page = self._get("/ledger", **query)
        entries = list(page["entries"])
        while page["next_cursor"]:
            page = self._get("/ledger", **query, cursor=page["next_cursor"])
            entries += page["entries"]
        return entries

    def moved(self, payment_id: str) -> tuple[int, int]:
        """Return the captured and the refunded amount of one of the shop's payments."""
        amounts = {"capture": 0, "refund": 0}
        for entry in self.ledger(payment_id):
            amounts[entry["kind"]] += entry["amount"]
        return amounts["capture"], amounts["refund"]

    def charges(self, payment_id: str) -> int:
        """Return how often one of the shop's payments was captured."""
        return sum(entry["kind"] == "capture" for entry in self.ledger(payment_id))

    def payment(self, payment_id: str) -> Json:
        """Return the provider's representation of one of the shop's payments, or None."""
        return next(iter(self._get("/payments", reference=payment_id)["items"]), None)

    def refund(self, refund_id: str) -> Json:
        """Return the provider's representation of one of the shop's refunds, or None."""
        return next(iter(self._get("/refunds", reference=refund_id)["items"]), None)

    def events(self, reference: str) -> list[Json]:
        """Return the provider's events, sent or not, about a payment or refund of the shop."""
        return list(self._get("/events", reference=reference)["items"])

    def deliver(self, event: Json) -> None:
        """Let the provider send an event again, now."""
        self._post(f"/events/{event['id']}/delivery")

    @contextmanager
    def misbehaving(self, on: str, kind: str, **options: Json) -> Iterator[None]:
        """Inject a fault of this kind into an operation until the block ends."""
        body = {"on": on, "kind": kind, "times": None, **options}
        fault = self._post("/faults", body)
        try:
            yield
        finally:
            # A fault with a number of times is deleted after the last of them.
            answer = self._http.delete(f"/faults/{fault['id']}")
            assert answer.status_code in {204, 404}, answer.text

    def faults(self) -> list[Json]:
        """Return the active faults."""
        return list(self._get("/faults")["items"])

    def holds(self, calls: int = 1) -> bool:
        """Whether so many calls of a shop wait for a fault of kind `hold` to be called off."""
        return bool(sum(fault["held"] for fault in self.faults()) >= calls)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """Lose all events that occur in the block; they are not sent later."""
        with self.misbehaving("deliverEvent", "lose"):
            yield

    def _get(self, path: str, **params: str) -> Json:
        answer = self._http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _post(self, path: str, body: Json = None) -> Json:
        answer = self._http.post(path, json=body) if body else self._http.post(path)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@dataclass
class OwnSandbox:
    """A sandbox process of the suite; its ledger survives when it is stopped and restarted."""

    log: Path
    database: Path
    webhook_url: str
    webhook_secret: str
    port: int
    _process: Process | None = None

    @classmethod
    def beside(cls, shop_url: str, log: Path, database: Path, secret: str) -> "OwnSandbox":
        """Create a sandbox that sends its events to a shop."""
        return cls(log, database, f"{shop_url}/webhooks/payments", secret, free_port())

    @property
    def url(self) -> str:
        """The sandbox's base URL."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def client(self) -> Sandbox:
        """A client of the sandbox's API."""
        return Sandbox(self.url)

    def start(self) -> None:
        """Start the sandbox unless it runs, and wait until it listens."""
        self.launch()
        assert self._process
        self._process.wait_until(lambda: listens(self.port), seconds=START_SECONDS)

    def launch(self) -> None:
        """Start the sandbox unless it runs, without waiting."""
        if self._process:
            return
        if not COMMAND.exists():
            raise FailedError(f"there is no {COMMAND}: create its environment first")
        arguments = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        environment = {
            **clean_environment(),
            "SANDBOX_API_KEY": KEY,
            "SANDBOX_WEBHOOK_URL": self.webhook_url,
            "SANDBOX_WEBHOOK_SECRET": self.webhook_secret,
            "SANDBOX_DATABASE": str(self.database),
        }
        self._process = Process(
            "the payment sandbox", [COMMAND, *arguments], log=self.log, environment=environment
        )

    def close(self) -> None:
        """Stop the sandbox and close its client."""
        self.stop()
        self.client.close()

    def stop(self) -> None:
        """Stop the sandbox; its database stays."""
        if self._process:
            self._process.stop()
        self._process = None
