"""What the experiments measure with: a light client, what a server costs, and a table."""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from workbench.shops import Shop

ROUNDS = int(os.environ.get("ROUNDS", "5"))
"""How often each measurement is repeated, the three in turn; the doc test takes one."""
SECONDS = float(os.environ.get("SECONDS", "2"))


@dataclass(frozen=True)
class Load:
    """What a number of clients got, each with one connection and one request at a time."""

    latencies: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


def load(shop: Shop, path: str, *, clients: int, seconds: float) -> Load:
    """Ask for a path again and again, for some seconds."""
    return asyncio.run(_load(shop.port, path, clients, seconds))


async def _load(port: int, path: str, clients: int, seconds: float) -> Load:
    latencies: list[float] = []
    began = time.perf_counter()

    async def one() -> None:
        connection = await Connection.open(port)
        while time.perf_counter() < began + seconds:
            latencies.append(await connection.get(path))
        connection.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return Load(latencies, time.perf_counter() - began)


class Connection:
    """One connection that is kept; a client library would cost as much as the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin with an open one."""
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a port of loopback."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def get(self, path: str) -> float:
        """Get a path, which must be answered with 200; the seconds it took."""
        began = time.perf_counter()
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise ConnectionError(f"GET {path}: {head[:40]!r}")
        length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
        await self._reader.readexactly(length)
        return time.perf_counter() - began

    @property
    def is_open(self) -> bool:
        """Whether the server still keeps it."""
        return not self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()


def processes_of(shop: Shop) -> list[psutil.Process]:
    """The one that was started for a shop's port, and those it started."""
    for connection in psutil.net_connections("tcp4"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (shop.port,):
            process = psutil.Process(connection.pid)
            while (parent := process.parent()) and "serve" in parent.cmdline():
                process = parent
            return [process, *process.children(recursive=True)]
    raise LookupError(f"nothing listens on {shop.port}")


def cpu_seconds(shop: Shop) -> float:
    """What the server has computed so far."""
    times = [process.cpu_times() for process in processes_of(shop)]
    return sum(each.user + each.system for each in times)


def megabytes(shop: Shop) -> float:
    """The memory that a server takes; what processes share counts once (proportional set size)."""
    return sum(each.memory_full_info().pss for each in processes_of(shop)) / 1_048_576


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """How far the rounds lie apart, in percent of their median."""
    return f"±{50 * (max(values) - min(values)) / median(values):.0f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a head, the first column to the left and numbers to the right."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        first, *rest = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("   ".join([first, *rest]).rstrip())
