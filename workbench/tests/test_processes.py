"""A run stops all its processes, and its errors name the process that failed."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from workbench.processes import FailedError, InterruptedRunError, Processes


def python(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(lines)]


SLEEP = python("import time", "time.sleep(60)")
STUBBORN = python(
    "import signal, time",
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "print('started', flush=True)",
    "time.sleep(60)",
)
PARENT = python(
    "import subprocess, time",
    "print(subprocess.Popen(['sleep', '60']).pid, flush=True)",
    "time.sleep(60)",
)


def has_printed(log: Path) -> bool:
    return log.exists() and log.read_text().endswith("\n")


def has_ended(pid: int) -> bool:
    """Return whether a process has ended. A zombie has: its parent only has to read the status."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_the_child_of_a_stopped_process_is_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Processes() as processes:
        parent = processes.start("parent", PARENT, log=log)
        processes.wait_until(lambda: has_printed(log), parent, seconds=10)
    assert parent.exit_status == -signal.SIGTERM
    assert has_ended(int(log.read_text()))


def test_a_process_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.processes.STOP_SECONDS", 0.2)
    log = tmp_path / "log"
    with Processes() as processes:
        stubborn = processes.start("stubborn", STUBBORN, log=log)
        processes.wait_until(lambda: has_printed(log), stubborn, seconds=10)
    assert stubborn.exit_status == -signal.SIGKILL


def test_a_signal_ends_the_wait_and_stops_the_processes(tmp_path: Path) -> None:
    with Processes() as processes:
        process = processes.start("sleep", SLEEP, log=tmp_path / "log")
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
        with pytest.raises(InterruptedRunError):
            processes.wait()
    assert process.exit_status == -signal.SIGTERM


def test_the_error_of_an_ended_process_has_its_last_output(tmp_path: Path) -> None:
    with Processes() as processes:
        processes.start("serve", python("exit('no such table')"), log=tmp_path / "log")
        with pytest.raises(FailedError, match=r"serve ended with status 1:\n    no such table"):
            processes.wait()


def test_a_command_with_another_exit_status_than_0_raises_an_error(tmp_path: Path) -> None:
    with Processes() as processes:
        processes.run("migrate", python(), log=tmp_path / "log")
        with pytest.raises(FailedError, match="seed ended with status 3"):
            processes.run("seed", python("exit(3)"), log=tmp_path / "log")


def test_waiting_for_a_process_times_out(tmp_path: Path) -> None:
    with Processes() as processes:
        process = processes.start("sleep", SLEEP, log=tmp_path / "log")
        with pytest.raises(FailedError, match="sleep is not ready after 0 s"):
            processes.wait_until(lambda: False, process, seconds=0.1)
