"""What only time brings about, written into a database by storage.md."""

import sqlite3
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import sql

from harness.contract import Json
from harness.databases import SQLITE


def set_moment(database_url: str, table: str, column: str, row: Json, moment: datetime) -> None:
    """Give a row of the shop's another moment; it is told by its id, or else by its key."""
    known = "id" if "id" in row else "key"
    value = UUID(row["id"]) if known == "id" else row["key"]
    if database_url.startswith(SQLITE):
        statement = f"UPDATE {table} SET {column} = ? WHERE {known} = ?"
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
