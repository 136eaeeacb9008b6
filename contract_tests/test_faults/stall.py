"""A write that never ends: the moment at which a server can be killed between two of its steps."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol

import psycopg
from psycopg import sql

from harness.databases import SQLITE

KEY = 20260301
"""Of the advisory lock that writers wait for; the layout's own are others."""
STEADY = 6
"""Looks in a row at which a lock is held: no ordinary transaction lasts so long."""


class Stall(Protocol):
    """Writers of one table that are being held up."""

    def is_reached(self) -> bool:
        """Whether somebody is."""


@contextmanager
def stalled(database_url: str, table: str, event: str) -> Iterator[Stall]:
    """Whoever inserts into a table, or updates it, waits there while the block runs."""
    if database_url.startswith(SQLITE):
        with closing(
            sqlite3.connect(database_url.removeprefix(SQLITE), timeout=10, isolation_level=None)
        ) as connection:
            yield from _in_sqlite(connection, table, event)
    else:
        with psycopg.connect(database_url, autocommit=True) as holder:
            yield from _in_postgres(holder, table, event)


class _Busy:
    """SQLite: somebody has begun to write, and goes on and on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._seen = 0

    def is_reached(self) -> bool:
        """Whether they have for some time."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("ROLLBACK")
            self._seen = 0
        except sqlite3.OperationalError:
            self._seen += 1
        return self._seen >= STEADY


def _in_sqlite(connection: sqlite3.Connection, table: str, event: str) -> Iterator[Stall]:
    # A trigger cannot wait, but it can count; nor can it be recursive itself, but what it reads.
    connection.execute(
        "CREATE VIEW endless AS WITH RECURSIVE counted (number) AS"
        " (VALUES (1) UNION ALL SELECT number + 1 FROM counted WHERE number < 1e12)"
        " SELECT number FROM counted"
    )
    count = "BEGIN SELECT count(*) FROM endless; END"
    connection.execute(f"CREATE TRIGGER stall BEFORE {event} ON {table} {count}")
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        yield _Busy(connection)
    finally:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("DROP TRIGGER stall")
        connection.execute("DROP VIEW endless")


class _Waiting:
    """PostgreSQL: somebody waits for the lock that the suite holds."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def is_reached(self) -> bool:
        """Whether they do."""
        waiting = (
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        )
        return self._connection.execute(waiting, [KEY]).fetchone() is not None


def transactions_that_wait(database_url: str) -> int:
    """PostgreSQL: how many transactions of a database wait for a lock, whoever holds it."""
    waiting = (
        "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE datname = current_database() AND NOT granted"
    )
    with psycopg.connect(database_url) as connection:
        return int((connection.execute(waiting).fetchone() or [0])[0])


def _in_postgres(holder: psycopg.Connection, table: str, event: str) -> Iterator[Stall]:
    holder.execute("SELECT pg_advisory_lock(%s)", [KEY])
    holder.execute(
        sql.SQL(
            "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_advisory_xact_lock({}); RETURN NEW; END'"
        ).format(sql.Literal(KEY))
    )
    trigger = "CREATE TRIGGER stall BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION stall()"
    holder.execute(sql.SQL(trigger).format(sql.SQL(event), sql.Identifier(table)))
    try:
        yield _Waiting(holder)
    finally:
        # What a killed server has left behind ends before the trigger can be dropped.
        holder.execute("SELECT pg_advisory_unlock(%s)", [KEY])
        holder.execute("DROP FUNCTION stall CASCADE")
