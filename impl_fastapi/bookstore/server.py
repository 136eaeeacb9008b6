"""`bookstore serve`: a supervisor that starts uvicorn, drains it and stops it (runtime.md)."""

import ctypes
import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from multiprocessing.process import BaseProcess
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
        os.environ |= {DRAIN_FLAG: str(flag), **({metrics.FOLDER: folder} if metrics_port else {})}
        child = _start(host, port, workers)
        stopped = _forward_signals(child, flag)
        with metrics.told(host=host, port=metrics_port, folder=Path(folder)):
            child.join()
    if not stopped:
        raise ServerError(f"the server ended by itself, with status {child.exitcode}")


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServerError(f"cannot listen on {host}:{port}: {error.strerror}") from None


def _start(host: str, port: int, workers: int) -> BaseProcess:
    """Start uvicorn, and its workers, from here: what forks imports nothing again."""
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")
        from . import app  # noqa: F401 -- the worker shares what is imported before the fork

        gc.freeze()  # what is imported stays, in memory that the processes share
    child = multiprocessing.Process(target=_run, args=(host, port, workers))
    child.start()
    return child


def _run(host: str, port: int, workers: int) -> None:
    import uvicorn

    os.setsid()
    if sys.platform == "linux":
        _die_with_parent()
    uvicorn.run(
        "bookstore.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="h11",  # httptools loses the body of a request that offers to upgrade to HTTP/2.
        lifespan="on",
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _forward_signals(child: BaseProcess, flag: Path) -> list[int]:
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if stopped:
            return
        stopped.append(number)
        if number == signal.SIGTERM:
            flag.touch()
            time.sleep(current_settings().drain_seconds)
        child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopped
