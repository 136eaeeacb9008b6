"""A watchdog process: when the suite ends, even by SIGKILL, it kills the suite's servers.

It reads a line for each process group: `+` when the group starts, `-` when it was stopped. Its
input ends when the suite ends; then it kills the groups that are left.
"""

import atexit
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache


def tell(sign: str, group: int) -> None:
    """Report that a process group was started (`+`) or stopped (`-`)."""
    ear = _keeper().stdin
    assert ear
    ear.write(f"{sign}{group}\n")
    ear.flush()


@cache
def _keeper() -> subprocess.Popen[str]:
    """The watchdog of this process, started when it is first needed."""
    command = [sys.executable, "-IS", __file__]
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)
    atexit.register(keeper.communicate)
    return keeper


def keep() -> None:
    """Read until the suite has ended, then kill the process groups that it left."""
    groups = set[int]()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    keep()
