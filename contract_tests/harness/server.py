"""`impl_<name>/.venv/bin/bookstore` as an operator uses it: spec/runtime.md."""

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
SECRET_KEY = "the-contract-suite-mints-tokens-with-this-key"

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
    """The names of what lies in `impl_<name>/` folders with an environment."""
    commands = ROOT.glob("impl_*/.venv/bin/bookstore")
    return sorted(path.parents[2].name.removeprefix("impl_") for path in commands)


@dataclass(frozen=True)
class Implementation:
    """A folder `impl_<name>` with a command `bookstore` in its environment."""

    name: str

    @property
    def command(self) -> Path:
        """The command `bookstore`."""
        return ROOT / f"impl_{self.name}" / ".venv" / "bin" / "bookstore"

    @property
    def logs(self) -> Path:
        """Where its servers log."""
        return RESULTS / self.name

    def run(
        self, *arguments: str | Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever its exit status."""
        return subprocess.run(
            [self.command, *arguments],
            env={**clean_environment(), **environment},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def run_well(self, *arguments: str | Path, environment: Mapping[str, str]) -> str:
        """What a command prints. Raises FailedError unless it ends well."""
        done = self.run(*arguments, environment=environment)
        if done.returncode:
            shown = " ".join(map(str, arguments))
            raise FailedError(f"{self.name}: bookstore {shown}: {done.returncode}\n{done.stderr}")
        return done.stdout


@dataclass
class Server:
    """A `bookstore serve` that was started here."""

    implementation: Implementation
    name: str
    database_url: str
    sandbox: OwnSandbox
    """Where it lets customers pay; its events go to the server that it was made for."""
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    workers: int = 1
    pays: bool = True
    """Whether its sandbox is run: not where nobody pays, or another provider stands in for it."""
    process: Process | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Its settings, all of them."""
        own = {
            "BOOKSTORE_DATABASE_URL": self.database_url,
            "BOOKSTORE_PAYMENT_URL": self.sandbox.url,
        }
        return {**SETTINGS, **own, **self.settings}

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.implementation.logs / f"{self.name}.log"

    def migrate(self) -> None:
        self.run("migrate")

    def create_user(self, email: str, password: str, role: str) -> None:
        """`bookstore create-user`."""
        environment = {**self.environment, "BOOKSTORE_NEW_PASSWORD": password}
        arguments = ("create-user", email, "--name", "Contract Suite", "--role", role)
        self.implementation.run_well(*arguments, environment=environment)

    def run(self, *arguments: str | Path) -> str:
        """What a command prints in this server's environment. Raises FailedError."""
        return self.implementation.run_well(*arguments, environment=self.environment)

    def start(self) -> None:
        """`bookstore serve`, with its payment sandbox; returns once it is ready."""
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
        """End it and all it started; the sandbox goes on, as a provider does."""
        if self.process:
            self.process.stop()

    def _is_ready(self) -> bool:
        """Asked often: a client of httpx would read all certificates that there are each time."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
