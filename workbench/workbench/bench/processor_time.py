"""Processor time and memory of a server's processes, and of its sessions at PostgreSQL."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import psutil
import psycopg

SETTLE_SECONDS = 0.005
"""How long a server may go on after its last response (to log it, say) and still be counted."""

SCHEDSTAT = Path("/proc/self/schedstat")

Times: TypeAlias = dict[tuple[int, int], float]
"""Milliseconds by process and thread."""


class Cost(NamedTuple):
    """Milliseconds of processor time; `database` is None where it cannot be read."""

    server: float
    database: float | None

    def plus(self, other: "Cost") -> "Cost":
        """Return the sum of two costs."""
        known = self.database is not None and other.database is not None
        database = (self.database or 0.0) + (other.database or 0.0) if known else None
        return Cost(self.server + other.server, database)

    def per(self, count: int) -> "Cost":
        """Return the cost of one of `count` requests."""
        database = None if self.database is None else self.database / count
        return Cost(self.server / count, database)


class Reading(NamedTuple):
    """The processor time that threads have used so far."""

    server: Times
    database: Times | None

    def until(self, later: "Reading") -> Cost:
        """Return the processor time between two readings."""
        known = self.database is not None and later.database is not None
        database = _used(self.database or {}, later.database or {}) if known else None
        return Cost(_used(self.server, later.server), database)


class Meter:
    """Reads what a server, and its sessions at a database, have used."""

    def __init__(self, pid: int, database: str, monitor: psycopg.Connection) -> None:
        """Watch a process and its descendants. `monitor` is a connection to PostgreSQL."""
        top = psutil.Process(pid)
        self._pids = [pid, *(child.pid for child in top.children(recursive=True))]
        self._database = database
        self._monitor = monitor

    def read(self) -> Reading:
        """Return the times, once the server has finished what follows a response."""
        time.sleep(SETTLE_SECONDS)
        sessions = self._monitor.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname = %s AND backend_type = 'client backend'",
            (self._database,),
        )
        pids = [pid for (pid,) in sessions]
        readable = all(_is_postgres(pid) for pid in pids)
        return Reading(_times(self._pids), _times(pids) if readable else None)

    def memory(self) -> int:
        """Return the bytes of the processes.

        On Linux a page that several share counts in parts (PSS), elsewhere not at all (USS).
        """
        infos = (psutil.Process(pid).memory_full_info() for pid in self._pids)
        return sum(getattr(info, "pss", info.uss) for info in infos)


def _is_postgres(pid: int) -> bool:
    """Whether the process is a PostgreSQL session on this machine and not in a container."""
    try:
        return psutil.Process(pid).name().startswith("postgres")
    except psutil.NoSuchProcess:
        return False


def _times(pids: Iterable[int]) -> Times:
    each = _thread_times if SCHEDSTAT.exists() else _process_times
    return {(pid, thread): milliseconds for pid in pids for thread, milliseconds in each(pid)}


def _thread_times(pid: int) -> Iterator[tuple[int, float]]:
    """Read each thread's time, in nanoseconds, from Linux."""
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            nanoseconds = int(file.read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # The thread has just ended.
        yield int(file.parent.name), nanoseconds / 1e6


def _process_times(pid: int) -> Iterator[tuple[int, float]]:
    """Read a process's time, in ticks of about 10 ms, from any other system."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return
    yield 0, (times.user + times.system) * 1000


def _used(before: Times, after: Times) -> float:
    """Return what the threads of `after` have used; an ended thread does not make this negative."""
    return sum(used - before.get(thread, 0.0) for thread, used in after.items())
