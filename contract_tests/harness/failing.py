"""A write that fails as on a full disk: what its transaction wrote before has to be undone."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from psycopg import sql

from harness.databases import SQLITE

OVERFLOW = "BEGIN SELECT abs(-9223372036854775807 - 1); END"
"""SQLite: an operational error whenever it is run. RAISE would be a constraint's error."""
DISK_FULL = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE disk_full; END'"
"""PostgreSQL: likewise."""


@contextmanager
def failing(database_url: str, table: str, event: str) -> Iterator[None]:
    """Within: every INSERT into a table, or every UPDATE or DELETE, fails."""
    if database_url.startswith(SQLITE):
        path = database_url.removeprefix(SQLITE)
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            connection.execute(f"CREATE TRIGGER failing BEFORE {event} ON {table} {OVERFLOW}")
            try:
                yield
            finally:
                connection.execute("DROP TRIGGER failing")
        return
    with psycopg.connect(database_url, autocommit=True) as postgres:
        postgres.execute(f"CREATE FUNCTION failing() {DISK_FULL}".encode())
        trigger = "CREATE TRIGGER failing BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION failing()"
        postgres.execute(sql.SQL(trigger).format(sql.SQL(event), sql.Identifier(table)))
        try:
            yield
        finally:
            postgres.execute("DROP FUNCTION failing CASCADE")
