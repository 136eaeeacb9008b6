"""What only time brings about, written into a database by storage.md."""

import sqlite3
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import sql

from harness.contract import Json
from harness.databases import SQLITE


def set_moment(database_url: str, table: str, column: str, row: Json, moment: datetime) -> None:
    """Give a row of the shop's another moment."""
    row_id = UUID(row["id"])
    if database_url.startswith(SQLITE):
        statement = f"UPDATE {table} SET {column} = ? WHERE id = ?"  # noqa: S608  # our names
        _set_in_sqlite(database_url, statement, row_id, moment)
        return
    names = (sql.Identifier(table), sql.Identifier(column))
    with psycopg.connect(database_url) as connection:
        update = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s").format(*names)
        connection.execute(update, [moment, row_id])


def _set_in_sqlite(database_url: str, statement: str, row_id: UUID, moment: datetime) -> None:
    connection = sqlite3.connect(database_url.removeprefix(SQLITE), timeout=10)
    with connection:
        connection.execute(statement, [moment.strftime("%Y-%m-%d %H:%M:%S.%f"), row_id.hex])
    connection.close()
