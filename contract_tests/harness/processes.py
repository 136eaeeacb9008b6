"""Start processes, each in a group of its own, and leave none behind."""

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
"""Below those that a system gives to outgoing connections, Linux's from 32768."""
UNWANTED = (
    *("BOOKSTORE_", "SANDBOX_", "PYTEST_", "DJANGO_", "FLASK_", "OTEL_", "PROMETHEUS_"),
    *("PYTHONPATH", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE"),
)
"""How variables begin that no server inherits."""


class FailedError(Exception):
    """What went wrong, told to a person."""


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
        """None while it runs."""
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send its group a signal."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)

    def terminate(self) -> None:
        """Send the program itself SIGTERM, as an operator does."""
        self._popen.terminate()

    def wait(self, seconds: float) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        return self._popen.wait(seconds)

    def family(self) -> list[int]:
        """What it has started, whatever group they are in, and itself."""
        return [*_descendants(self._popen.pid), self._popen.pid]

    def kill(self, family: Sequence[int] = ()) -> None:
        """End it and all that it started as a power cut would; at once where they are known."""
        for pid in family or self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._popen.wait()
        keeper.tell("-", self._popen.pid)

    def stop(self) -> None:
        """End it and whatever it started, politely first."""
        self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS)
        self.signal(signal.SIGKILL)
        self._popen.wait()
        keeper.tell("-", self._popen.pid)

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait for it to be ready. Raises FailedError when it ends, or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_status is not None:
                raise FailedError(f"{self.name} ended ({self.exit_status}):\n{self.tail()}")
            if time.monotonic() > deadline:
                raise FailedError(f"{self.name} is not ready after {seconds} s:\n{self.tail()}")
            time.sleep(POLL_SECONDS)


def _descendants(pid: int) -> list[int]:
    """The processes that a process started, and theirs."""
    found = [pid]
    for ancestor in found:
        found += children(ancestor)
    return found[1:]


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],
        capture_output=True,
        text=True,
        check=True,
    )
    parents = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    return [child for child, parent in parents if parent == pid]


def clean_environment() -> dict[str, str]:
    """The environment without what could change a server's behaviour, or make each start slow."""
    return {key: value for key, value in os.environ.items() if not key.startswith(UNWANTED)}


def free_port() -> int:
    """A port on loopback that nothing uses, and that no client is given before it is served."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def listens(port: int) -> bool:
    """Whether a connection to this port of loopback is accepted."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def eventually(holds: Callable[[], bool], *, seconds: float = 10.0) -> bool:
    """Whether something comes true within some seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
