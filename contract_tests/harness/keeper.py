"""A process that outlives the suite by a moment: whatever ends that, its servers end with it.

Its input is a line for each process group, `+` when it begins and `-` when it has been ended. The
input ends when the suite does, be it killed; groups that are left then are killed.
"""

import atexit
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache


def tell(sign: str, group: int) -> None:
    """Say that a process group has begun (`+`) or been ended (`-`)."""
    ear = _keeper().stdin
    assert ear
    ear.write(f"{sign}{group}\n")
    ear.flush()


@cache
def _keeper() -> subprocess.Popen[str]:
    """The one of this process, begun when it is first needed."""
    command = [sys.executable, "-IS", __file__]
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)
    atexit.register(keeper.communicate)
    return keeper


def keep() -> None:
    """Read until the suite has ended, then kill what it left."""
    groups = set[int]()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    keep()
