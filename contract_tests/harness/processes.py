"""Processes that the suite starts, each in a separate process group, and stops at the end."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness import keeper

POLL_SECONDS = 0.05
STOP_SECONDS = 10.0
TAIL_LINES = 15
PORTS = range(10_000, 30_000)
"""Ports below those of outgoing connections, which begin at 32768 on Linux."""
UNWANTED = (
    *("BOOKSTORE_", "SANDBOX_", "PYTEST_", "DJANGO_", "FLASK_", "OTEL_", "PROMETHEUS_"),
    *("PYTHONPATH", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE"),
)
"""Prefixes of environment variables that servers must not inherit."""


class FailedError(Exception):
    """A program did not start or did not end as it should; the message says why."""


class Process:
    """A program that runs until stopped, writing to a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self.user = user
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                env=environment,
                process_group=0,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=user,
            )
        keeper.tell("+", self._popen.pid)

    @property
    def exit_status(self) -> int | None:
        """The exit status, or None while the program runs."""
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process group."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM to the program itself, as an operator does."""
        self._popen.terminate()

    def wait(self, seconds: float) -> int:
        """Wait for the end and return the exit status. Raises subprocess.TimeoutExpired."""
        return self._popen.wait(seconds)

    def family(self) -> list[int]:
        """Return the pids of all descendants, in any process group, and of the program itself."""
        return [*_descendants(self._popen.pid), self._popen.pid]

    def kill(self, family: Sequence[int] = ()) -> None:
        """Kill the program and its descendants with SIGKILL, as a power cut would end them."""
        for pid in family or self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._popen.wait()
        keeper.tell("-", self._popen.pid)

    def stop(self) -> None:
        """Stop the program with SIGTERM, then kill its process group."""
        self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS)
        self.signal(signal.SIGKILL)
        self._popen.wait()
        keeper.tell("-", self._popen.pid)

    def tail(self) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until `ready` is true. Raises FailedError if the program ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_status is not None:
                raise FailedError(f"{self.name} ended ({self.exit_status}):\n{self.tail()}")
            if time.monotonic() > deadline:
                raise FailedError(f"{self.name} is not ready after {seconds} s:\n{self.tail()}")
            time.sleep(POLL_SECONDS)


def _descendants(pid: int) -> list[int]:
    """Return the pids of all descendants of a process."""
    found = [pid]
    for ancestor in found:
        found += children(ancestor)
    return found[1:]


def children(pid: int) -> list[int]:
    """Return the pids of the children of a process."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],
        capture_output=True,
        text=True,
        check=True,
    )
    parents = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    return [child for child, parent in parents if parent == pid]


def clean_environment() -> dict[str, str]:
    """Return the environment without variables that change a server's behaviour."""
    return {key: value for key, value in os.environ.items() if not key.startswith(UNWANTED)}


def free_port() -> int:
    """Return a free port on loopback that the system does not use for outgoing connections."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def listens(port: int) -> bool:
    """Return whether a port on loopback accepts connections."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def eventually(holds: Callable[[], bool], *, seconds: float = 10.0) -> bool:
    """Wait until a condition holds; return whether it did within some seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
