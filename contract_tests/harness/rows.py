"""The shop's database rows (spec/storage.md): changes a time, and reads what is stored."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from harness.contract import Json
from harness.databases import SQLITE


def set_moment(database_url: str, table: str, column: str, row: Json, moment: datetime) -> None:
    """Set a time column of the row with this `id`, or else this `key`."""
    known = "id" if "id" in row else "key"
    value = UUID(row["id"]) if known == "id" else row["key"]
    if database_url.startswith(SQLITE):
        statement = f"UPDATE {table} SET {column} = ? WHERE {known} = ?"  # constants
        _set_in_sqlite(database_url, statement, value, moment)
        return
    names = map(sql.Identifier, (table, column, known))
    with psycopg.connect(database_url) as connection:
        update = sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(*names)
        connection.execute(update, [moment, value])


def _set_in_sqlite(database_url: str, statement: str, value: UUID | str, moment: datetime) -> None:
    told = value.hex if isinstance(value, UUID) else value
    connection = sqlite3.connect(database_url.removeprefix(SQLITE), timeout=10)
    with connection:
        connection.execute(statement, [moment.strftime("%Y-%m-%d %H:%M:%S.%f"), told])
    connection.close()


Table = dict[str, dict[str, Any]]
"""The rows of a table by their primary keys, as text."""
KEYS = ("id", "webhook_id", "book_id")
"""The primary key of a table is the first of these that it has."""


def everything(database_url: str) -> dict[str, Table]:
    """Every table of a database with its rows."""
    if database_url.startswith(SQLITE):
        path = database_url.removeprefix(SQLITE)
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            listed = "SELECT name FROM sqlite_master WHERE type = 'table'"
            names = [row[0] for row in connection.execute(listed)]
            select = "SELECT * FROM {}"
            tables = {name: connection.execute(select.format(name)).fetchall() for name in names}
            return {name: _by_key(map(dict, rows)) for name, rows in tables.items()}
    with psycopg.connect(database_url, row_factory=dict_row) as postgres:
        listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = [row["tablename"] for row in postgres.execute(listed)]
        return {
            name: _by_key(
                postgres.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))
            )
            for name in names
        }


def _by_key(rows: Iterable[dict[str, Any]]) -> Table:
    """A table of which storage.md says nothing has another key: there a row is its own."""
    return {str(next((row[key] for key in KEYS if key in row), row)): row for row in rows}


def writes(before: dict[str, Table], after: dict[str, Table]) -> set[tuple[str, str]]:
    """What happened to which table in between: INSERT, UPDATE or DELETE."""
    found = set()
    for name, rows in after.items():
        known = before[name]
        if rows.keys() - known.keys():
            found.add((name, "INSERT"))
        if known.keys() - rows.keys():
            found.add((name, "DELETE"))
        if any(rows[key] != known[key] for key in rows.keys() & known.keys()):
            found.add((name, "UPDATE"))
    return found
