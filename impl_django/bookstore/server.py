"""`bookstore serve`: a supervisor of granian that checks first, drains, and stops every worker."""

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

DRAIN_FLAG = "BOOKSTORE_DRAIN_FLAG"
STOP_SECONDS = 30
THREADS = 8
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
        os.environ |= {DRAIN_FLAG: str(flag), **({metrics.FOLDER: folder} if metrics_port else {})}
        child = _start(host=host, port=port, workers=workers)
        stopping = _stop_on_signals(child, flag, drain_seconds)
        with metrics.told(host=host, port=metrics_port, folder=Path(folder)):
            child.join()
    if not stopping:
        raise ServerError(f"the server died with exit status {child.exitcode}")


def _require_free_port(host: str, port: int) -> None:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except OSError as error:
        raise ServerError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


def _start(*, host: str, port: int, workers: int) -> BaseProcess:
    """Start granian, and its workers, from here: what forks imports nothing again."""
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")
        from . import middleware, urls  # noqa: F401 -- the workers share what is imported before the fork

        gc.freeze()  # what is imported stays, in memory that the processes share
    child = multiprocessing.Process(target=_run, args=(host, port, workers))
    child.start()
    return child


def _run(host: str, port: int, workers: int) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    os.setsid()
    if sys.platform == "linux":
        _die_with_parent()
    Server(
        "bookstore.wsgi:application",
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=THREADS,
        websockets=False,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(),
        log_level=LogLevels.error,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def _die_with_parent() -> None:
    """Ask Linux to end the server when this supervisor is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop_on_signals(child: BaseProcess, flag: Path, drain_seconds: int) -> list[int]:
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
