"""Fresh databases: files of SQLite, or databases on a PostgreSQL server that are dropped again."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from getpass import getuser
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from harness.processes import FailedError, Process, free_port, listens

KINDS = ("sqlite", "postgres")


class Databases(Protocol):
    """Where fresh databases come from."""

    kind: str

    def create(self, name: str) -> str:
        """The URL of a new, empty database."""


class SqliteFiles:
    """Each database is a file in one folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str) -> str:
        """The URL of a file that is not there yet."""
        return f"sqlite:///{self._folder / name}.db"


class PostgresServer:
    """Each database is a new one on a server."""

    kind = "postgres"

    def __init__(self, url: str) -> None:
        self._url = url
        self._names: list[str] = []

    def create(self, name: str) -> str:
        """The URL of an empty database with a name that nobody else has."""
        database = f"contract_{name}_{secrets.token_hex(4)}"
        self._execute("CREATE DATABASE {}", database)
        self._names.append(database)
        return urlsplit(self._url)._replace(path=f"/{database}").geturl()

    def drop_all(self) -> None:
        """Drop what was created here."""
        for name in self._names:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, database: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(database)))


@contextmanager
def open_databases(kind: str) -> Iterator[Databases]:
    """Fresh databases of a kind, until the block is left."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bookstore-contract-") as folder:
            yield SqliteFiles(Path(folder))
        return
    with _postgres_url() as url:
        server = PostgresServer(url)
        try:
            yield server
        finally:
            server.drop_all()


@contextmanager
def _postgres_url() -> Iterator[str]:
    """The server that the environment names, one that answers on this machine, or a throwaway."""
    if given := os.environ.get("BOOKSTORE_TEST_POSTGRES_URL"):
        yield given
        return
    for user in ("postgres", getuser()):
        url = f"postgresql://{user}@127.0.0.1:5432/postgres"
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=3).close()
            yield url
            return
    with tempfile.TemporaryDirectory(prefix="bookstore-contract-pg-") as folder:
        yield from _throwaway_cluster(Path(folder))


def _throwaway_cluster(folder: Path) -> Iterator[str]:
    """A cluster of our own. PostgreSQL refuses to run as root: then it runs as `nobody`."""
    bin_folder = _postgres_programs()
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    initdb: list[str | Path] = [
        bin_folder / "initdb",
        "--username=postgres",
        "--auth=trust",
        "--no-sync",
        data,
    ]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
    settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"]
    command: list[str | Path] = [bin_folder / "postgres", "-D", data, "-p", str(port)]
    for setting in settings:
        command += ["-c", setting]
    process = Process("PostgreSQL", command, log=folder / "postgres.log", user=user)
    try:
        process.wait_until(lambda: listens(port), seconds=30)
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        process.stop()


def _postgres_programs() -> Path:
    """The folder with `initdb` and `postgres`, which distributions like to keep off the PATH."""
    on_path = shutil.which("initdb")
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    for initdb in [Path(on_path).resolve()] if on_path else packaged[::-1]:
        if (initdb.parent / "postgres").exists():
            return initdb.parent
    raise FailedError(
        "No PostgreSQL: name one with BOOKSTORE_TEST_POSTGRES_URL, start one on 127.0.0.1:5432, "
        "or install its server"
    )
