"""One implementation, running: `impl_<name>/.venv/bin/bookstore`, with all that it needs."""

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
    "line1": "12 St James's Square",
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "country": "GB",
}
DEMO_USERS = {
    "admin@bookstore.example": "admin",
    "staff@bookstore.example": "staff",
    "customer@bookstore.example": "customer",
    "reader@bookstore.example": "customer",
}


def implementations() -> list[str]:
    """The names of what lies in `impl_<name>` folders."""
    return sorted(folder.name.removeprefix("impl_") for folder in ROOT.glob("impl_*/"))


@dataclass(frozen=True)
class Shop:
    """An implementation and the address it serves."""

    name: str
    port: int
    database_url: str
    store_url: str
    sandbox: Sandbox | None = None
    """Its payment provider; None where `BOOKSTORE_PAYMENT_URL` names another one."""
    folder: Path = VAR
    root: Path = ROOT
    """The repository, or a copy of it, whose code it runs."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What its environment has beside the usual (spec/runtime.md)."""
    books: int = 0
    """How many synthetic books it is seeded with, beside the catalogue."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it prints, one JSON object a line for each request."""
        return self.folder / "log" / f"{self.name}.log"

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are told."""
        return {
            "BOOKSTORE_ENV": "development",
            **os.environ,
            "BOOKSTORE_DATABASE_URL": self.database_url,
            "BOOKSTORE_REDIS_URL": self.store_url,
            **(self.sandbox.shop_settings if self.sandbox else {}),
            **self.settings,
        }

    def open(self, processes: Processes) -> Self:
        """Migrate, seed and serve; return once it is ready. Raises FailedError if it is not."""
        return self.prepare(processes).serve(processes)

    def prepare(self, processes: Processes) -> Self:
        """Migrate and seed. Raises FailedError if that fails."""
        self.log.unlink(missing_ok=True)
        seed = ("seed", "--books", str(self.books)) if self.books else ("seed",)
        for command in (("migrate",), seed):
            label = f"{self.name}: bookstore {command[0]}"
            processes.run(
                label, [self._bookstore, *command], log=self.log, environment=self.environment
            )
        return self

    def serve(self, processes: Processes) -> Self:
        """Serve what is prepared; return once it is ready. Raises FailedError if it is not."""
        self.wait_until_ready(processes, self.start(processes))
        return self

    def start(self, processes: Processes) -> Process:
        """The server, which need not answer yet."""
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
        """A client of a stranger; patient, for a whole payment may be in an answer."""
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def token(self, email: str) -> str:
        """A fresh access token of a demo user."""
        credentials = {"email": email, "password": DEMO_PASSWORD}
        answer = httpx.post(f"{self.url}/auth/login", json=credentials)
        if answer.status_code != httpx.codes.OK:
            raise FailedError(f"{self.name} does not let {email} in: {answer.text}")
        token: str = answer.json()["access_token"]
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
    """Where the shop on this port is told about payments."""
    return f"http://127.0.0.1:{port}/webhooks/payments"


def check_ports(ports: range) -> None:
    """Raise FailedError when something listens where a shop, or its provider, is to open."""
    for port in ports:
        if is_taken(port):
            raise FailedError(
                f"Port {port} is in use (by another `make run`?): stop what listens there, "
                "or choose another one with PORT=…"
            )
