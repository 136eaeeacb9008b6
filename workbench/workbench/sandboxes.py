"""A payment provider for a shop: `payment_sandbox/.venv/bin/payment-sandbox`, beside it."""

import os
import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

from workbench import ROOT, VAR
from workbench.processes import Processes

READY_SECONDS = 60.0


def new_api_key() -> str:
    """A key that only this run knows."""
    return f"sk_sandbox_{secrets.token_hex(16)}"


def new_webhook_secret() -> str:
    """A secret in the Standard Webhooks form."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


@dataclass(frozen=True)
class Sandbox:
    """A provider of one shop's own: its port, its ledger, and what the two know of each other."""

    name: str
    port: int
    webhook_url: str
    folder: Path = VAR
    api_key: str = field(default_factory=new_api_key, repr=False)
    webhook_secret: str = field(default_factory=new_webhook_secret, repr=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it prints: a line for each request, and for each event that it sends."""
        return self.folder / "log" / f"{self.name}-payments.log"

    @property
    def shop_settings(self) -> dict[str, str]:
        """What the shop must know."""
        return {
            "BOOKSTORE_PAYMENT_URL": self.url,
            "BOOKSTORE_PAYMENT_API_KEY": self.api_key,
            "BOOKSTORE_PAYMENT_WEBHOOK_SECRETS": self.webhook_secret,
        }

    def open(self, processes: Processes) -> Self:
        """Serve; return once it is ready. Raises FailedError if it is not."""
        self.log.unlink(missing_ok=True)
        self.folder.mkdir(exist_ok=True)
        server = processes.start(
            f"{self.name}: payment-sandbox serve",
            [
                ROOT / "payment_sandbox" / ".venv" / "bin" / "payment-sandbox",
                *("serve", "--host", "127.0.0.1", "--port", str(self.port)),
            ],
            log=self.log,
            environment={
                **os.environ,
                "SANDBOX_API_KEY": self.api_key,
                "SANDBOX_WEBHOOK_URL": self.webhook_url,
                "SANDBOX_WEBHOOK_SECRET": self.webhook_secret,
                "SANDBOX_DATABASE": str(self.folder / f"{self.name}-payments.db"),
            },
        )
        with self.client() as client:
            processes.wait_until(lambda: is_ready(client), server, seconds=READY_SECONDS)
        return self

    def client(self) -> httpx.Client:
        """A client that has the key."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False)


def is_ready(client: httpx.Client) -> bool:
    """Whether the provider answers, and is the one that knows the key."""
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False
