"""`bookstore serve`: a supervisor that starts uvicorn, drains it and stops it (runtime.md)."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from .settings import current_settings

GRACE_SECONDS = 30
PR_SET_PDEATHSIG = 1


class ServeError(Exception):
    """Why there is no server, in one line."""


def serve(*, host: str, port: int, workers: int) -> None:
    """Serve until a signal comes.

    Raises ServeError if the port is taken, or the server ends by itself.
    """
    _require_free(host, port)
    with tempfile.TemporaryDirectory(prefix="bookstore-") as folder:
        flag = Path(folder) / "draining"
        child = _start(host, port, workers, flag)
        stopped = _forward_signals(child, flag)
        status = child.wait()
    if not stopped:
        raise ServeError(f"the server ended by itself, with status {status}")


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServeError(f"cannot listen on {host}:{port}: {error.strerror}") from None


def _start(host: str, port: int, workers: int, flag: Path) -> subprocess.Popen[bytes]:
    options = {
        "--host": host,
        "--port": str(port),
        "--workers": str(workers),
        "--loop": "uvloop",
        "--http": "bookstore.protocol:Protocol",
        "--lifespan": "on",
        "--log-level": "warning",
        "--timeout-graceful-shutdown": str(GRACE_SECONDS),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "bookstore.app:create_app"]
    command += [word for option in options.items() for word in option]
    command += ["--no-access-log", "--no-server-header", "--no-proxy-headers"]
    environment = {**os.environ, "BOOKSTORE_DRAIN_FLAG": str(flag)}
    return subprocess.Popen(  # noqa: S603 our own interpreter
        command,
        env=environment,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 no threads here
    )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _forward_signals(child: subprocess.Popen[bytes], flag: Path) -> list[int]:
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if stopped:
            return
        stopped.append(number)
        if number == signal.SIGTERM:
            flag.touch()
            time.sleep(current_settings().drain_seconds)
        child.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopped
