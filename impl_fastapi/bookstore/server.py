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

from . import metrics
from .settings import current_settings

DRAIN_FLAG = "BOOKSTORE_DRAIN_FLAG"
GRACE_SECONDS = 30
PR_SET_PDEATHSIG = 1


class ServerError(Exception):
    """Why there is no server, in one line."""


def serve(*, host: str, port: int, workers: int) -> None:
    """Serve until a signal comes.

    Raises ServerError if a port is taken, or the server ends by itself.
    """
    metrics_port = current_settings().metrics_port
    for needed in filter(None, (port, metrics_port)):
        _require_free(host, needed)
    with tempfile.TemporaryDirectory(prefix="bookstore-") as folder:
        flag = Path(folder) / "draining"
        environment = {DRAIN_FLAG: str(flag), **({metrics.FOLDER: folder} if metrics_port else {})}
        child = _start(host, port, workers, environment)
        stopped = _forward_signals(child, flag)
        with metrics.told(host=host, port=metrics_port, folder=Path(folder)):
            status = child.wait()
    if not stopped:
        raise ServerError(f"the server ended by itself, with status {status}")


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServerError(f"cannot listen on {host}:{port}: {error.strerror}") from None


def _start(
    host: str, port: int, workers: int, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
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
    return subprocess.Popen(  # noqa: S603 our own interpreter
        command,
        env={**os.environ, **environment},
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
