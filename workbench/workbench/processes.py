"""Start processes, wait for them, and stop all of them at the end of a run."""

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
"""How long to wait between SIGTERM and SIGKILL."""

TAIL_LINES = 15


class FailedError(Exception):
    """A run failed. The message is for the user of the command."""


class InterruptedRunError(Exception):
    """The run received a signal to stop, for example Ctrl-C."""


class Process:
    """A program in a separate process group that writes to a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> None:
        """Start the program in a folder, and append its output to the log."""
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # A separate process group does not receive Ctrl-C from the terminal, so that
            # Processes can stop the programs one by one, in the right order.
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
        """The process id."""
        return self._popen.pid

    @property
    def exit_status(self) -> int | None:
        """The exit status: None while it runs, negative if a signal ended it."""
        return self._popen.poll()

    def stop(self, *, seconds: float | None = None) -> None:
        """Stop the process group with SIGTERM, and after some seconds with SIGKILL."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS if seconds is None else seconds)
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def failure(self) -> FailedError:
        """Return an error with the exit status and the last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        output = "\n".join(f"    {line}" for line in lines) or "    (no output)"
        return FailedError(f"{self.name} ended with status {self.exit_status}:\n{output}")

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)


class Processes:
    """The processes of one run. At the end of the block all are stopped, in reverse order.

    The signal handler only sets a flag, which every wait checks. An exception in the handler could
    occur after a process has started and before it is in the list, and would leave it running.
    """

    def __init__(self) -> None:
        """Start without processes."""
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
        """Start a process that runs until the end of the block."""
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
        """Run a process and wait for its end. Raises FailedError unless its exit status is 0."""
        process = self.start(name, command, log=log, environment=environment, folder=folder)
        while process.exit_status is None:
            self.pause()
        self._running.remove(process)
        if process.exit_status:
            raise process.failure()

    def wait_until(self, ready: Callable[[], bool], process: Process, *, seconds: float) -> None:
        """Wait until a process is ready. Raises FailedError if it ends or takes too long."""
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
        """Wait for a signal to stop. Raises FailedError if a process ends by itself."""
        while True:
            self.pause()
            for process in self._running:
                if process.exit_status is not None:
                    raise process.failure()

    def heed(self) -> None:
        """Raise InterruptedRunError if a signal to stop has arrived."""
        if self._stop_asked:
            raise InterruptedRunError

    def pause(self) -> None:
        """Wait briefly. Raises InterruptedRunError if a signal to stop has arrived."""
        self.heed()
        time.sleep(POLL_SECONDS)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Return whether another program listens on a port of loopback."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


def listens(port: int) -> bool:
    """Return whether a port of loopback accepts connections."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
