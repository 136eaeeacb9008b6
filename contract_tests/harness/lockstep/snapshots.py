"""Snapshots of a shop's rows, which can be restored while the server runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

from harness.databases import SQLITE

TABLES = (
    *("users", "sessions", "authors", "categories", "books", "book_authors", "book_categories"),
    *("covers", "stock_adjustments", "idempotency_keys", "reviews", "orders", "order_lines"),
    *("payments", "refunds", "payment_events"),
)
"""The tables of spec/storage.md, each after the tables that it refers to."""

Rows = tuple[list[str], list[tuple[Any, ...]]]
"""Column names, and the values of the rows."""


@dataclass(frozen=True)
class Snapshot:
    """The rows of a shop's database, which any implementation can serve."""

    tables: dict[str, Rows]

    @classmethod
    def taken(cls, url: str) -> "Snapshot":
        """Read all rows of the database."""
        with closing(_connect(url)) as connection:
            return cls({table: _rows(connection, url, table) for table in TABLES})

    def restore(self, url: str) -> None:
        """Replace all rows of the database by those of the snapshot."""
        with closing(_connect(url)) as connection:
            connection.execute("BEGIN")
            for statement, *rows in self._statements(url):
                if rows:
                    connection.cursor().executemany(statement, *rows)
                else:
                    connection.execute(statement)
            connection.execute("COMMIT")

    def _statements(self, url: str) -> Iterator[tuple[Any, ...]]:
        yield ("UPDATE categories SET parent_id = NULL",)
        for table in reversed(TABLES):
            yield (f"DELETE FROM {table}",)  # constants, here and below
        for table, (columns, rows) in self.tables.items():
            marks = ", ".join(["?" if url.startswith(SQLITE) else "%s"] * len(columns))
            insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            if rows:
                yield insert, rows


def _connect(url: str) -> Any:
    if url.startswith(SQLITE):
        return sqlite3.connect(url.removeprefix(SQLITE), timeout=10, isolation_level=None)
    return psycopg.connect(url, autocommit=True)


def _rows(connection: Any, url: str, table: str) -> Rows:
    columns = _columns(connection, url, table)
    order = " ORDER BY created_at" if table == "categories" else ""  # insert parents first
    select = f"SELECT {', '.join(columns)} FROM {table}{order}"
    return columns, connection.execute(select).fetchall()


def _columns(connection: Any, url: str, table: str) -> list[str]:
    """Return the columns of a table that are not generated."""
    if url.startswith(SQLITE):
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    listed = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
    found = connection.execute(f"{listed} AND is_generated = 'NEVER'", [table])
    return [row[0] for row in found]
