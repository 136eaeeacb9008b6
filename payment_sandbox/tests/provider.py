"""The sandbox as a process, and a client that checks every response against openapi.yaml."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.contract import check_answer

COMMAND = Path(sys.executable).with_name("payment-sandbox")
API_KEY = "sk_test_of_the_sandbox"
SECRET = "whsec_dGhlLXNlY3JldC1vZi10aGUtc2FuZGJveC10ZXN0cw=="  # used by these tests only

Json = dict[str, Any]


class Provider:
    """A sandbox server with its database in a folder; it can be stopped and restarted."""

    def __init__(self, folder: Path, webhook_url: str) -> None:
        self.port = free_port()
        self.log = folder / "log"
        self.environment = {
            **os.environ,
            "SANDBOX_API_KEY": API_KEY,
            "SANDBOX_WEBHOOK_URL": webhook_url,
            "SANDBOX_WEBHOOK_SECRET": SECRET,
            "SANDBOX_DATABASE": str(folder / "sandbox.db"),
        }
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {API_KEY}"},
            event_hooks={"response": [check_answer]},
            timeout=15,
            trust_env=False,
        )
        self.raw = httpx.Client(
            base_url=self.client.base_url,
            headers=self.client.headers,
            timeout=15,
            trust_env=False,
        )
        """A client without validation, for responses that are not in the contract."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.client.close()
        self.raw.close()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [COMMAND, "serve", "--port", str(self.port)],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(self._answers)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(10)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.client.get("/health").is_success
        except httpx.TransportError:
            return False

    def pay(self, reference: str = "", client: httpx.Client | None = None, **said: object) -> Json:
        """Create a payment: 25.98 euros by Visa, unless `said` says otherwise."""
        answer = self.try_to_pay(reference, client, **said)
        assert answer.status_code == 201, answer.text
        payment: Json = answer.json()
        return payment

    def try_to_pay(
        self, reference: str = "", client: httpx.Client | None = None, **said: object
    ) -> httpx.Response:
        """Send createPayment with the reference as its key, and return the response."""
        body = {
            "reference": reference or new_reference(),
            "amount": 2598,
            "currency": "EUR",
            "payment_method": "pm_card_visa",
            **said,
        }
        key = {"Idempotency-Key": str(body["reference"])}
        return (client or self.client).post("/payments", json=body, headers=key)

    def try_to_refund(self, payment: Json, amount: int, reference: str = "") -> httpx.Response:
        """Send createRefund with the reference as its key, and return the response."""
        body = {"reference": reference or new_reference(), "amount": amount}
        return self.client.post(
            f"/payments/{payment['id']}/refunds",
            json=body,
            headers={"Idempotency-Key": str(body["reference"])},
        )

    def find(self, reference: str) -> list[Json]:
        """Return the payment with this reference, in a list of at most one."""
        answer = self.client.get("/payments", params={"reference": reference})
        items: list[Json] = answer.json()["items"]
        return items

    def entries(self, reference: str) -> list[tuple[str, int]]:
        """Return kind and amount of a payment's ledger entries."""
        answer = self.client.get("/ledger", params={"reference": reference})
        return [(entry["kind"], entry["amount"]) for entry in answer.json()["entries"]]

    def events(self, reference: str) -> list[Json]:
        """Return the events of a payment or a refund."""
        answer = self.client.get("/events", params={"reference": reference})
        items: list[Json] = answer.json()["items"]
        return items

    def arrange(self, on: str, kind: str, **said: object) -> Json:
        """Create a fault and return it."""
        answer = self.client.post("/faults", json={"on": on, "kind": kind, **said})
        assert answer.status_code == 201, answer.text
        fault: Json = answer.json()
        return fault


def new_reference() -> str:
    """Return a reference that is not used yet."""
    return str(uuid4())


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_for(condition: object, seconds: float = 10.0) -> None:
    """Wait until a function returns a true value."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"the condition is still false after {seconds} s"
        time.sleep(0.02)
