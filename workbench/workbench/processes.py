"""Start processes, watch them, and leave none behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Self

POLL_SECONDS = 0.05
STOP_SECONDS = 10.0
"""How long a process may take to end after SIGTERM before it is killed."""

TAIL_LINES = 15


class FailedError(Exception):
    """What went wrong, told to a person."""


class InterruptedRunError(Exception):
    """A person, or the system, asked the run to stop."""


class Process:
    """A program in a process group of its own, writing to a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> None:
        """Start it, in a folder. What it prints is added to the log."""
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # In a group of its own it does not get the terminal's Ctrl-C: it is stopped in turn.
            self._popen = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                process_group=0,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """Its number to the system."""
        return self._popen.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._popen.poll()

    def stop(self, *, seconds: float | None = None) -> None:
        """End it and whatever it started, politely first, and then patiently for some seconds."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS if seconds is None else seconds)
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def failure(self) -> FailedError:
        """How it ended, with the last lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        told = "\n".join(f"    {line}" for line in lines) or "    (it said nothing)"
        return FailedError(f"{self.name} ended with status {self.exit_status}:\n{told}")

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)


class Processes:
    """The processes of one run: all stop when the block is left, the last one started first.

    Signals only raise a flag that every wait looks at, so none can arrive between a process's
    start and its being known here.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._running: list[Process] = []
        self._stop_asked = False

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.stop()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] = os.environ,
        folder: Path | None = None,
    ) -> Process:
        """Start a process that is meant to run until the end."""
        process = Process(name, command, log=log, environment=environment, folder=folder)
        self._running.append(process)
        return process

    def run(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] = os.environ,
        folder: Path | None = None,
    ) -> None:
        """Run a process to its end. Raises FailedError unless its exit status is 0."""
        process = self.start(name, command, log=log, environment=environment, folder=folder)
        while process.exit_status is None:
            self.pause()
        self._running.remove(process)
        if process.exit_status:
            raise process.failure()

    def wait_until(self, ready: Callable[[], bool], process: Process, *, seconds: float) -> None:
        """Wait for a process to be ready. Raises FailedError when it ends, or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.pause()
            if process.exit_status is not None:
                raise process.failure()
            if time.monotonic() > deadline:
                raise FailedError(
                    f"{process.name} is not ready after {seconds:.0f} s: {process.log}"
                )

    def wait(self) -> None:
        """Wait for a signal. Raises FailedError as soon as a process ends by itself."""
        while True:
            self.pause()
            for process in self._running:
                if process.exit_status is not None:
                    raise process.failure()

    def heed(self) -> None:
        """Raise InterruptedRunError once a signal has asked to stop."""
        if self._stop_asked:
            raise InterruptedRunError

    def pause(self) -> None:
        """A moment of any wait. Raises InterruptedRunError once a signal has asked to stop."""
        self.heed()
        time.sleep(POLL_SECONDS)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether something listens on this port of loopback already."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


def listens(port: int) -> bool:
    """Whether a connection to this port of loopback is accepted."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
