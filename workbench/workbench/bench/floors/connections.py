"""A pool of psycopg connections, for an environment that has no psycopg_pool."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import DictRow, dict_row

from workbench.bench.floors.statements import OPTIONS

Connection: TypeAlias = psycopg.Connection[DictRow]


class Pool:
    """A pool that grows with the number of threads and lends the connection used last."""

    def __init__(self) -> None:
        """Start without a connection."""
        self._free: LifoQueue[Connection] = LifoQueue()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection in autocommit mode."""
        try:
            connection = self._free.get_nowait()
        except Empty:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._free.put(connection)

    def _connect(self) -> Connection:
        settings: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
        return psycopg.Connection.connect(
            os.environ["BOOKSTORE_DATABASE_URL"],
            options=" ".join(f"-c {name}={value}" for name, value in OPTIONS.items()),
            cursor_factory=psycopg.RawCursor,
            **settings,
        )
