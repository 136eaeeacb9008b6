"""That a run leaves no process behind, and that a failure is told."""

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
    "print('deaf', flush=True)",
    "time.sleep(60)",
)
PARENT = python(
    "import subprocess, time",
    "print(subprocess.Popen(['sleep', '60']).pid, flush=True)",
    "time.sleep(60)",
)


def says_something(log: Path) -> bool:
    return log.exists() and log.read_text().endswith("\n")


def is_gone(pid: int) -> bool:
    """A zombie has gone too: whoever adopted it has only to look."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_a_worker_of_a_stopped_server_is_stopped_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Processes() as processes:
        parent = processes.start("parent", PARENT, log=log)
        processes.wait_until(lambda: says_something(log), parent, seconds=10)
    assert parent.exit_status == -signal.SIGTERM
    assert is_gone(int(log.read_text()))


def test_what_ignores_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.processes.STOP_SECONDS", 0.2)
    log = tmp_path / "log"
    with Processes() as processes:
        stubborn = processes.start("stubborn", STUBBORN, log=log)
        processes.wait_until(lambda: says_something(log), stubborn, seconds=10)
    assert stubborn.exit_status == -signal.SIGKILL


def test_a_signal_ends_the_wait_and_stops_everything(tmp_path: Path) -> None:
    with Processes() as processes:
        process = processes.start("sleep", SLEEP, log=tmp_path / "log")
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
        with pytest.raises(InterruptedRunError):
            processes.wait()
    assert process.exit_status == -signal.SIGTERM


def test_a_process_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Processes() as processes:
        processes.start("serve", python("exit('no such table')"), log=tmp_path / "log")
        with pytest.raises(FailedError, match=r"serve ended with status 1:\n    no such table"):
            processes.wait()


def test_a_command_that_fails_is_named_and_one_that_works_is_not_missed(tmp_path: Path) -> None:
    with Processes() as processes:
        processes.run("migrate", python(), log=tmp_path / "log")
        with pytest.raises(FailedError, match="seed ended with status 3"):
            processes.run("seed", python("exit(3)"), log=tmp_path / "log")


def test_what_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    with Processes() as processes:
        process = processes.start("sleep", SLEEP, log=tmp_path / "log")
        with pytest.raises(FailedError, match="sleep is not ready after 0 s"):
            processes.wait_until(lambda: False, process, seconds=0.1)
