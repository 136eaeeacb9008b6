"""Processor time and memory of a shop's processes, and of those that work for it."""

from typing import NamedTuple, Self

import psutil

SERVERS = ("redis-server", "valkey-server")


class Costs(NamedTuple):
    """Seconds of processor time."""

    shop: float
    database: float
    store: float

    def __sub__(self, earlier: Self) -> "Costs":
        """What has been spent since."""
        return Costs(*(now - then for now, then in zip(self, earlier, strict=True)))

    def __truediv__(self, count: int) -> "Costs":
        """Of one of so many."""
        return Costs(*(part / count for part in self))


class Payer:
    """A shop that this process has started, and what it has spent so far."""

    def __init__(self, name: str) -> None:
        """Of this implementation."""
        self._name = name

    def costs(self) -> Costs:
        """Of its processes, of its sessions at PostgreSQL, and of the stores started here."""
        own = psutil.Process().children(recursive=True)
        return Costs(
            sum(_seconds(each) for each in own if _is_of(each, self._name)),
            sum(_seconds(each) for each in psutil.process_iter() if _is_session(each, self._name)),
            sum(_seconds(each) for each in own if each.name() in SERVERS),
        )


def memory(name: str) -> int:
    """Bytes of a shop's processes; what several share counts in parts (PSS)."""
    own = psutil.Process().children(recursive=True)
    return sum(each.memory_full_info().pss for each in own if _is_of(each, name))


def _is_of(process: psutil.Process, name: str) -> bool:
    return any(f"impl_{name}/" in part for part in process.cmdline())


def _is_session(process: psutil.Process, name: str) -> bool:
    try:
        command = " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False
    return command.startswith("postgres:") and f"bookstore_{name}_" in command


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
