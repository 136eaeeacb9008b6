"""Two transactions, one row: what PostgreSQL lets through, what waits, and what it refuses."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import IsolationLevel
from psycopg.errors import DeadlockDetected, SerializationFailure
from workbench.databases import postgres

Connection = psycopg.Connection[Any]
READ = "SELECT reserved FROM stock WHERE id = 1"
WRITE = "UPDATE stock SET reserved = %s WHERE id = 1"


def main() -> None:
    """Each scene begins with 10 copies, none of them reserved; two customers want one each."""
    with postgres("isolation") as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE stock (id int PRIMARY KEY, reserved int NOT NULL)")
        for scene in (read_then_write, one_statement, for_update, repeatable_read, two_orders):
            told = scene(url)
            print(f"{(scene.__doc__ or '').removesuffix('.'):<44}{told}")


def read_then_write(url: str) -> str:
    """READ COMMITTED, read and then write."""
    with pair(url) as (one, other):
        seen = [number(customer.execute(READ)) for customer in (one, other)]
        for customer, reserved in zip((one, other), seen, strict=True):
            customer.execute(WRITE, (reserved + 1,))
            customer.commit()
        return f"{reserved_now(url)} reserved of 2 promised: one is lost"


def one_statement(url: str) -> str:
    """READ COMMITTED, one statement."""
    with pair(url) as (one, other):
        increase = "UPDATE stock SET reserved = reserved + 1 WHERE id = 1"
        one.execute(increase)
        waiting = begun(lambda: other.execute(increase))
        waited = waiting.is_alive()
        one.commit()
        waiting.join()
        other.commit()
        return f"{reserved_now(url)} reserved; the second waited: {waited}"


def for_update(url: str) -> str:
    """READ COMMITTED, SELECT … FOR UPDATE."""
    with pair(url) as (one, other):
        seen: list[int] = []
        first = number(one.execute(f"{READ} FOR UPDATE"))
        waiting = begun(lambda: seen.append(number(other.execute(f"{READ} FOR UPDATE"))))
        one.execute(WRITE, (first + 1,))
        one.commit()
        waiting.join()
        other.execute(WRITE, (seen[0] + 1,))
        other.commit()
        return f"{reserved_now(url)} reserved; the second read {seen[0]}, after the first"


def repeatable_read(url: str) -> str:
    """REPEATABLE READ, read and then write."""
    with pair(url, IsolationLevel.REPEATABLE_READ) as (one, other):
        seen = [number(customer.execute(READ)) for customer in (one, other)]
        one.execute(WRITE, (seen[0] + 1,))
        one.commit()
        try:
            other.execute(WRITE, (seen[1] + 1,))
        except SerializationFailure as error:
            return f"{reserved_now(url)} reserved; the second got {error.sqlstate}, and begins anew"
        return "both wrote"


def two_orders(url: str) -> str:
    """Two rows, locked in two orders."""
    with pair(url) as (one, other):
        lock = "UPDATE stock SET reserved = reserved + 1 WHERE id = %s"
        one.execute(lock, (1,))
        other.execute(lock, (2,))
        failed: list[str] = []

        def second(customer: Connection, row: int) -> None:
            try:
                customer.execute(lock, (row,))
            except DeadlockDetected as error:
                failed.append(str(error.sqlstate))
                customer.rollback()

        waiting = begun(lambda: second(one, 2))
        second(other, 1)
        waiting.join()
        return f"one of the two got {failed[0]} after a second: a deadlock"


@contextmanager
def pair(
    url: str, level: IsolationLevel = IsolationLevel.READ_COMMITTED
) -> Iterator[tuple[Connection, Connection]]:
    """Two connections to a table that begins anew."""
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM stock")
        connection.execute("INSERT INTO stock VALUES (1, 0), (2, 0)")
    with psycopg.connect(url) as one, psycopg.connect(url) as other:
        one.isolation_level = other.isolation_level = level
        yield one, other
        one.rollback()
        other.rollback()


def begun(work: Callable[[], object]) -> threading.Thread:
    """Something that is waiting by now."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(0.2)
    return thread


def reserved_now(url: str) -> int:
    """What is written."""
    with psycopg.connect(url) as connection:
        return number(connection.execute(READ))


def number(found: "psycopg.Cursor[Any]") -> int:
    """The one value of a query."""
    row = found.fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
