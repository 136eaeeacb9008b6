"""Runs `impl_<name>/.venv/bin/bookstore` as an operator does (spec/runtime.md)."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from harness import RESULTS, ROOT
from harness.processes import FailedError, Process, clean_environment, free_port
from harness.sandbox import KEY, OwnSandbox
from harness.webhooks import SECRETS

READY_SECONDS = 90.0
COMMAND_SECONDS = 120.0
SECRET_KEY = "the-contract-suite-mints-tokens-with-this-key"  # the suite signs tokens with it

SETTINGS = {
    "BOOKSTORE_ENV": "development",
    "BOOKSTORE_SECRET_KEY": SECRET_KEY,
    "BOOKSTORE_DEBUG_TIMING": "1",
    "BOOKSTORE_LOGIN_LIMIT_ACCOUNT": "100000",
    "BOOKSTORE_LOGIN_LIMIT_ADDRESS": "100000",
    "BOOKSTORE_PAYMENT_API_KEY": KEY,
    "BOOKSTORE_PAYMENT_WEBHOOK_SECRETS": " ".join(SECRETS),
    "BOOKSTORE_PAYMENT_TIMEOUT_SECONDS": "5",
}


def implementations() -> list[str]:
    """Return the names of the `impl_<name>/` folders that have an environment."""
    commands = ROOT.glob("impl_*/.venv/bin/bookstore")
    return sorted(path.parents[2].name.removeprefix("impl_") for path in commands)


@dataclass(frozen=True)
class Implementation:
    """A folder `impl_<name>` with a command `bookstore` in its environment."""

    name: str

    @property
    def command(self) -> Path:
        """The path of the command `bookstore`."""
        return ROOT / f"impl_{self.name}" / ".venv" / "bin" / "bookstore"

    @property
    def logs(self) -> Path:
        """The folder for the logs of its servers."""
        return RESULTS / self.name

    def run(
        self, *arguments: str | Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command and return its output and exit status."""
        return subprocess.run(
            [self.command, *arguments],
            env={**clean_environment(), **environment},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def run_well(self, *arguments: str | Path, environment: Mapping[str, str]) -> str:
        """Run a command and return its output. Raises FailedError if it fails."""
        done = self.run(*arguments, environment=environment)
        if done.returncode:
            shown = " ".join(map(str, arguments))
            raise FailedError(f"{self.name}: bookstore {shown}: {done.returncode}\n{done.stderr}")
        return done.stdout


@dataclass
class Server:
    """A `bookstore serve` process with its database and its payment sandbox."""

    implementation: Implementation
    name: str
    database_url: str
    sandbox: OwnSandbox
    """The payment provider. Its events go to the server for which it was created."""
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    workers: int = 1
    pays: bool = True
    """Whether the sandbox is started. Tests without payments do not need it."""
    process: Process | None = None

    @property
    def url(self) -> str:
        """The base URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """All settings of the server, as environment variables."""
        own = {
            "BOOKSTORE_DATABASE_URL": self.database_url,
            "BOOKSTORE_PAYMENT_URL": self.sandbox.url,
        }
        return {**SETTINGS, **own, **self.settings}

    @property
    def log(self) -> Path:
        """The log file of the server."""
        return self.implementation.logs / f"{self.name}.log"

    def migrate(self) -> None:
        """Run `bookstore migrate` on the server's database."""
        self.run("migrate")

    def create_user(self, email: str, password: str, role: str) -> None:
        """Create an account by `bookstore create-user`."""
        environment = {**self.environment, "BOOKSTORE_NEW_PASSWORD": password}
        arguments = ("create-user", email, "--name", "Contract Suite", "--role", role)
        self.implementation.run_well(*arguments, environment=environment)

    def run(self, *arguments: str | Path) -> str:
        """Run a command in this server's environment and return its output. Raises FailedError."""
        return self.implementation.run_well(*arguments, environment=self.environment)

    def start(self) -> None:
        """Start `bookstore serve` and its payment sandbox; return once both are ready."""
        if self.pays:
            self.sandbox.launch()
        options = {"--host": "127.0.0.1", "--port": self.port, "--workers": self.workers}
        arguments = [str(word) for option in options.items() for word in option]
        self.process = Process(
            f"{self.implementation.name}: bookstore serve ({self.name})",
            [self.implementation.command, "serve", *arguments],
            log=self.log,
            environment={**clean_environment(), **self.environment},
        )
        self.process.wait_until(self._is_ready, seconds=READY_SECONDS)
        if self.pays:
            self.sandbox.start()

    def stop(self) -> None:
        """Stop the server. The sandbox continues, as a real provider would."""
        if self.process:
            self.process.stop()

    def _is_ready(self) -> bool:
        """Request `getReadiness`, without httpx: it would load the CA certificates every time."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
