"""Start a shop: `impl_<name>/.venv/bin/bookstore` with its database, store and provider."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

from workbench import ROOT, VAR
from workbench.processes import FailedError, Process, Processes, is_taken
from workbench.sandboxes import Sandbox

READY_SECONDS = 60.0

DEMO_PASSWORD = "bookstore-demo"
DEMO_ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 St James Sq",
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "country": "GB",
}
DEMO_CARD = "pm_card_visa"
"""A card that the payment sandbox charges successfully."""
DEMO_USERS = {
    "admin@bookstore.example": "admin",
    "staff@bookstore.example": "staff",
    "customer@bookstore.example": "customer",
    "reader@bookstore.example": "customer",
}


def implementations() -> list[str]:
    """Return the name of each `impl_<name>` folder."""
    return sorted(folder.name.removeprefix("impl_") for folder in ROOT.glob("impl_*/"))


@dataclass(frozen=True)
class Shop:
    """An implementation with its settings and its port."""

    name: str
    port: int
    database_url: str
    store_url: str
    sandbox: Sandbox | None = None
    """The payment provider; None if `BOOKSTORE_PAYMENT_URL` names one that runs already."""
    folder: Path = VAR
    root: Path = ROOT
    """The repository whose code runs: this one, or a copy."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables of the shop (spec/runtime.md)."""
    books: int = 0
    """The number of synthetic books that `seed` adds to the catalogue."""

    @property
    def url(self) -> str:
        """The base URL of the shop."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The log file, with a line of JSON for each request."""
        return self.folder / "log" / f"{self.name}.log"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the commands `bookstore …`."""
        return {
            "BOOKSTORE_ENV": "development",
            **os.environ,
            "BOOKSTORE_DATABASE_URL": self.database_url,
            "BOOKSTORE_REDIS_URL": self.store_url,
            **(self.sandbox.shop_settings if self.sandbox else {}),
            **self.settings,
        }

    def open(self, processes: Processes) -> Self:
        """Migrate, seed and start the server. Raises FailedError if it does not get ready."""
        return self.prepare(processes).serve(processes)

    def prepare(self, processes: Processes) -> Self:
        """Run the commands `migrate` and `seed`. Raises FailedError if one fails."""
        self.log.unlink(missing_ok=True)
        seed = ("seed", "--books", str(self.books)) if self.books else ("seed",)
        for command in (("migrate",), seed):
            label = f"{self.name}: bookstore {command[0]}"
            processes.run(
                label, [self._bookstore, *command], log=self.log, environment=self.environment
            )
        return self

    def serve(self, processes: Processes) -> Self:
        """Start the server of a prepared shop. Raises FailedError if it does not get ready."""
        self.wait_until_ready(processes, self.start(processes))
        return self

    def start(self, processes: Processes) -> Process:
        """Start the server, and return without waiting until it is ready."""
        return processes.start(
            f"{self.name}: bookstore serve",
            [self._bookstore, "serve", "--host", "127.0.0.1", "--port", str(self.port)],
            log=self.log,
            environment=self.environment,
        )

    @property
    def _bookstore(self) -> Path:
        return self.root / f"impl_{self.name}" / ".venv" / "bin" / "bookstore"

    def client(self) -> httpx.Client:
        """Return a client without a token. Its timeout allows for the retries of a payment."""
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def token(self, email: str) -> str:
        """Log in as a demo user and return a new access token."""
        credentials = {"email": email, "password": DEMO_PASSWORD}
        response = httpx.post(f"{self.url}/auth/login", json=credentials)
        if response.status_code != httpx.codes.OK:
            raise FailedError(f"{self.name} rejects the login of {email}: {response.text}")
        token: str = response.json()["access_token"]
        return token

    def wait_until_ready(self, processes: Processes, server: Process) -> None:
        """Return once the server is ready. Raises FailedError if it ends, or takes too long."""

        def is_ready() -> bool:
            try:
                return httpx.get(f"{self.url}/health/ready").is_success
            except httpx.TransportError:
                return False

        processes.wait_until(is_ready, server, seconds=READY_SECONDS)


def webhook_url(port: int) -> str:
    """Return the URL to which the provider sends the events for the shop on a port."""
    return f"http://127.0.0.1:{port}/webhooks/payments"


def check_ports(ports: range) -> None:
    """Raise FailedError if another program listens on one of the ports."""
    for port in ports:
        if is_taken(port):
            raise FailedError(
                f"Port {port} is in use, maybe by another `make run`. Stop that program, "
                "or choose another port with PORT=…"
            )
