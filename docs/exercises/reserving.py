"""The check of lesson 4: forty customers, ten copies, one row of PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from loading import load
from workbench.lessons import open_shops
from workbench.processes import FailedError

COPIES, CUSTOMERS, AT_ONCE = 10, 40, 8

Reserve = Callable[["psycopg.Connection[Any]", UUID, int], bool]


def check(folder: Path) -> None:
    """Let many reserve at once with `reserve` of `reserving.py` in `folder`. Raises FailedError."""
    reserve: Reserve = load(folder / "reserving.py", "reserve")
    with open_shops("flask", database="postgres", serving=False) as [shop]:
        for attempt in range(1, 6):
            _sell_out(shop.database_url, reserve, attempt)
        _refuses_what_is_not_there(shop.database_url, reserve)


def _sell_out(url: str, reserve: Reserve, attempt: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        book = connection.execute(
            "UPDATE books SET on_hand = %s, reserved = 0 "
            "WHERE id = (SELECT id FROM books ORDER BY id LIMIT 1) RETURNING id",
            (COPIES,),
        ).fetchone()
    if book is None:
        raise FailedError("The shop has no books.")

    def one(_: int) -> bool:
        with psycopg.connect(url) as connection:  # commits at the end of the block
            return reserve(connection, book[0], 1)

    with ThreadPoolExecutor(AT_ONCE) as customers:
        told = sum(customers.map(one, range(CUSTOMERS)))
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT reserved FROM books WHERE id = %s", book).fetchone()
    written = row[0] if row else None
    if told != COPIES or written != COPIES:
        raise FailedError(
            f"Round {attempt}: of {COPIES} copies {told} were promised, and {written} are written."
        )


def _refuses_what_is_not_there(url: str, reserve: Reserve) -> None:
    with psycopg.connect(url) as connection:
        if reserve(connection, uuid4(), 1):
            raise FailedError("A book that does not exist was promised.")
