"""A database for a run: an SQLite file, or a new database on a PostgreSQL server."""

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from getpass import getuser
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from workbench import VAR
from workbench.processes import FailedError

KINDS = ("sqlite", "postgres")


def open_database(kind: str, implementation: str) -> AbstractContextManager[str]:
    """Yield the URL of an implementation's database.

    It is `BOOKSTORE_DATABASE_URL` if that is set. Otherwise SQLite keeps its file between runs,
    and PostgreSQL creates a database, which is dropped at the end of the block.
    """
    if url := os.environ.get("BOOKSTORE_DATABASE_URL"):
        return given(url)
    return postgres(implementation) if kind == "postgres" else sqlite(implementation)


@contextmanager
def given(url: str) -> Iterator[str]:
    """Yield the URL of a database that the user manages."""
    yield url


@contextmanager
def sqlite(implementation: str) -> Iterator[str]:
    """Yield the URL of a file in `var/`."""
    VAR.mkdir(exist_ok=True)
    yield f"sqlite:///{VAR / implementation}.db"


@contextmanager
def postgres(implementation: str) -> Iterator[str]:
    """Create a database and drop it at the end. Raises FailedError if no server is reachable."""
    server = postgres_server()
    name = f"bookstore_{implementation}_{secrets.token_hex(4)}"
    database = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def has_postgres() -> bool:
    """Return whether a PostgreSQL server is reachable."""
    try:
        postgres_server()
    except FailedError:
        return False
    return True


def postgres_server() -> str:
    """Return the URL of a PostgreSQL server. Raises FailedError if none is reachable.

    It is `BOOKSTORE_TEST_POSTGRES_URL` if that is set, or else a server on this machine.
    """
    given_url = os.environ.get("BOOKSTORE_TEST_POSTGRES_URL")
    local_urls = [
        f"postgresql://{user}@127.0.0.1:5432/postgres" for user in ("postgres", getuser())
    ]
    for url in [given_url] if given_url else local_urls:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            continue
        return url
    where = "BOOKSTORE_TEST_POSTGRES_URL" if given_url else "127.0.0.1:5432"
    raise FailedError(
        f"No PostgreSQL server is reachable at {where}. Start one, or name one with "
        "BOOKSTORE_TEST_POSTGRES_URL=postgresql://user:password@host:port/postgres"
    )
