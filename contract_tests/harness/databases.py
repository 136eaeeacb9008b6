"""New databases for a run: SQLite files, or databases on a PostgreSQL server."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from getpass import getuser
from pathlib import Path
from typing import LiteralString, Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from harness.processes import STOP_SECONDS, FailedError, Process, free_port

KINDS = ("sqlite", "postgres")
SQLITE = "sqlite:///"


class Databases(Protocol):
    """A source of new databases, which exist until the run ends."""

    kind: str

    def create(self, name: str) -> str:
        """Create an empty database and return its URL."""

    def copy(self, url: str, name: str) -> str:
        """Copy a database that no process is using, and return the URL of the copy."""


class SqliteFiles:
    """Creates SQLite databases as files in one folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str) -> str:
        """Return the URL of a file that does not exist yet."""
        return f"{SQLITE}{self._folder / name}.db"

    def copy(self, url: str, name: str) -> str:
        """Copy a database file, with its write-ahead log if there is one, and return the URL."""
        copied = self.create(name)
        for suffix in ("", "-wal"):
            file = Path(url.removeprefix(SQLITE) + suffix)
            if file.exists():
                shutil.copy(file, copied.removeprefix(SQLITE) + suffix)
        return copied


class PostgresServer:
    """Creates databases on a PostgreSQL server."""

    kind = "postgres"

    def __init__(self, url: str) -> None:
        self._url = url
        self._names: list[str] = []

    def create(self, name: str) -> str:
        """Create an empty database with a unique name and return its URL."""
        return self._create(name, "CREATE DATABASE {}")

    def copy(self, url: str, name: str) -> str:
        """Create a database from another one as its template, and return the URL."""
        return self._create(name, "CREATE DATABASE {} TEMPLATE {}", urlsplit(url).path[1:])

    def _create(self, name: str, statement: LiteralString, *others: str) -> str:
        database = f"contract_{name}_{secrets.token_hex(4)}"
        self._execute(statement, database, *others)
        # Another time zone shows whether a shop relies on the default of its sessions.
        self._execute("ALTER DATABASE {} SET timezone TO 'Pacific/Auckland'", database)
        self._names.append(database)
        return urlsplit(self._url)._replace(path=f"/{database}").geturl()

    def drop_all(self) -> None:
        """Drop the databases that were created here."""
        for name in self._names:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: LiteralString, *databases: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, databases)))


@contextmanager
def open_databases(kind: str) -> Iterator[Databases]:
    """Provide new databases of a kind until the block ends."""
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
    """The server that the environment names, else one on this machine, else a temporary one."""
    if given := os.environ.get("BOOKSTORE_TEST_POSTGRES_URL"):
        yield given
        return
    for user in ("postgres", getuser()):
        url = f"postgresql://{user}@127.0.0.1:5432/postgres"
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=3).close()
            yield url
            return
    with own_cluster() as cluster:
        yield cluster.url


class Cluster:
    """A PostgreSQL server of the suite, in one folder. It can be stopped and restarted.

    With a `primary`, it is a streaming replica of that server.
    """

    def __init__(self, folder: Path, primary: "Cluster | None" = None) -> None:
        self._folder = folder
        # PostgreSQL refuses to run as root, so run it as an unprivileged user then.
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._programs = _postgres_programs()
        self._port = free_port()
        self._follow(primary) if primary else self._make()
        self.start()

    @property
    def url(self) -> str:
        """The URL of the database `postgres`."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def _make(self) -> None:
        options = ["--username=postgres", "--auth=trust", "--no-sync", "--wal-segsize=1"]
        self._run("initdb", *options, self._folder / "data")

    def _follow(self, primary: "Cluster") -> None:
        options = ["--checkpoint=fast", "--no-sync", "--write-recovery-conf"]
        self._run("pg_basebackup", *options, "--dbname", primary.url, "-D", self._folder / "data")

    def _run(self, program: str, *arguments: str | Path) -> None:
        command: list[str | Path] = [self._programs / program, *arguments]
        output, user = subprocess.DEVNULL, self._user
        subprocess.run(command, check=True, stdout=output, user=user, cwd=self._folder)

    def start(self) -> None:
        """Start it, with crash recovery if needed; return once it accepts connections."""
        settings = ["listen_addresses=127.0.0.1", "fsync=off"]
        settings += [f"unix_socket_directories={self._folder}"]
        command: list[str | Path] = [self._programs / "postgres", "-D", self._folder / "data"]
        command += ["-p", str(self._port)]
        for setting in settings:
            command += ["-c", setting]
        log = self._folder / "postgres.log"
        self.process = Process("PostgreSQL", command, log=log, user=self._user)
        self.process.wait_until(self._answers, seconds=30)

    def stop(self) -> None:
        """Stop it without waiting for its clients (a fast shutdown)."""
        self.process.signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.process.stop()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def own_cluster(primary: Cluster | None = None) -> Iterator[Cluster]:
    """Run a temporary PostgreSQL server, or a replica of `primary`, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="bookstore-contract-pg-") as folder:
        cluster = Cluster(Path(folder), primary)
        try:
            yield cluster
        finally:
            cluster.stop()


def _postgres_programs() -> Path:
    """Find the folder with `initdb` and `postgres`, which is often not on the PATH."""
    on_path = shutil.which("initdb")
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    for initdb in [Path(on_path).resolve()] if on_path else packaged[::-1]:
        if (initdb.parent / "postgres").exists():
            return initdb.parent
    raise FailedError(
        "No PostgreSQL: name one with BOOKSTORE_TEST_POSTGRES_URL, start one on 127.0.0.1:5432, "
        "or install its server"
    )
