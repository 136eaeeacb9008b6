"""A database for a run: a file, or a fresh one on a PostgreSQL server."""

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
    """The URL of an implementation's database, until the block is left.

    `BOOKSTORE_DATABASE_URL` where it is set. Otherwise SQLite keeps its file from run to run, and
    PostgreSQL gives a fresh database that is dropped at the end.
    """
    if url := os.environ.get("BOOKSTORE_DATABASE_URL"):
        return given(url)
    return postgres(implementation) if kind == "postgres" else sqlite(implementation)


@contextmanager
def given(url: str) -> Iterator[str]:
    """The database that somebody else looks after."""
    yield url


@contextmanager
def sqlite(implementation: str) -> Iterator[str]:
    """A file in `var/`."""
    VAR.mkdir(exist_ok=True)
    yield f"sqlite:///{VAR / implementation}.db"


@contextmanager
def postgres(implementation: str) -> Iterator[str]:
    """A fresh database on a server that may create one. Raises FailedError without a server."""
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
    """Whether a PostgreSQL answers here that may create a database."""
    try:
        postgres_server()
    except FailedError:
        return False
    return True


def postgres_server() -> str:
    """The URL of a server: `BOOKSTORE_TEST_POSTGRES_URL`, or one that this machine runs."""
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
        f"No PostgreSQL answers at {where}: start one, or name it with "
        "BOOKSTORE_TEST_POSTGRES_URL=postgresql://user:password@host:port/postgres"
    )
