"""Start the payment provider of a shop: `payment_sandbox/.venv/bin/payment-sandbox`."""

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
    """Return a random API key."""
    return f"sk_sandbox_{secrets.token_hex(16)}"


def new_webhook_secret() -> str:
    """Return a random secret in the format of Standard Webhooks."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


@dataclass(frozen=True)
class Sandbox:
    """A payment provider for one shop, with its own port, ledger and secrets."""

    name: str
    port: int
    webhook_url: str
    folder: Path = VAR
    api_key: str = field(default_factory=new_api_key, repr=False)
    webhook_secret: str = field(default_factory=new_webhook_secret, repr=False)

    @property
    def url(self) -> str:
        """The base URL of the provider."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The log file, with a line for each request and for each event that it sends."""
        return self.folder / "log" / f"{self.name}-payments.log"

    @property
    def shop_settings(self) -> dict[str, str]:
        """The environment variables that a shop needs to use this provider."""
        return {
            "BOOKSTORE_PAYMENT_URL": self.url,
            "BOOKSTORE_PAYMENT_API_KEY": self.api_key,
            "BOOKSTORE_PAYMENT_WEBHOOK_SECRETS": self.webhook_secret,
        }

    def open(self, processes: Processes) -> Self:
        """Start the provider. Raises FailedError if it does not get ready."""
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
        """Return a client that sends the API key."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False)


def is_ready(client: httpx.Client) -> bool:
    """Return whether the provider responds and accepts the key."""
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False
