"""`bookstore serve`: a supervisor around granian that checks first, drains, and leaves nothing behind."""

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

DRAIN_FLAG = "BOOKSTORE_DRAIN_FLAG"
STOP_SECONDS = 30
BLOCKING_THREADS = 8
"""How many requests a worker serves at a time."""

PR_SET_PDEATHSIG = 1


class ServerError(Exception):
    """One line that says why there is no server."""


def serve(*, host: str, port: int, workers: int, drain_seconds: int, metrics_port: int) -> None:
    """Serve until SIGTERM (which drains) or SIGINT.

    Raises:
        ServerError: a port is taken, or the server died.
    """
    for needed in filter(None, (port, metrics_port)):
        _require_free_port(host, needed)
    with tempfile.TemporaryDirectory(prefix="bookstore-") as folder:
        flag = Path(folder) / "draining"
        environment = {DRAIN_FLAG: str(flag), **({metrics.FOLDER: folder} if metrics_port else {})}
        child = _start(host=host, port=port, workers=workers, environment=environment)
        stopping = _stop_on_signals(child, flag, drain_seconds)
        with metrics.told(host=host, port=metrics_port, folder=Path(folder)):
            status = child.wait()
    if not stopping:
        raise ServerError(f"the server died with exit status {status}")


def _require_free_port(host: str, port: int) -> None:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except OSError as error:
        raise ServerError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


def _start(*, host: str, port: int, workers: int, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    granian = Path(sys.executable).with_name("granian")
    command = [
        str(granian),
        "--interface=wsgi",
        "--factory",
        f"--host={host}",
        f"--port={port}",
        f"--workers={workers}",
        f"--blocking-threads={BLOCKING_THREADS}",
        "--no-ws",
        "--http=1",
        "--log-level=error",
        f"--workers-kill-timeout={STOP_SECONDS}",
        "bookstore.wsgi:create",
    ]
    return subprocess.Popen(  # noqa: S603 -- our own arguments, no shell
        command,
        env={**os.environ, **environment},
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 -- one thread only
    )


def _die_with_parent() -> None:
    """Ask Linux to end the server when this supervisor is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop_on_signals(child: "subprocess.Popen[bytes]", flag: Path, drain_seconds: int) -> list[int]:
    """Stop `child` when told to; the list holds the signals that came."""
    signals: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        flag.touch()
        if number == signal.SIGTERM and len(signals) == 1:
            time.sleep(drain_seconds)
        child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return signals
