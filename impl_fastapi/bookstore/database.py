"""The database: one engine a process, reads in autocommit, writes in one transaction a request."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    FromClause,
    Insert,
    MetaData,
    Row,
    Select,
    String,
    event,
    inspect,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from .replica import lagging_connection
from .settings import Settings

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnySelect: TypeAlias = Select[*tuple[Any, ...]]
Columns: TypeAlias = ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]

LAYOUT_VERSION = 2
CATEGORY_TREE_LOCK = 7_210_001


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class Table(SQLModel):
    """A table of storage.md, its constraints named as there."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Time(TypeDecorator[datetime]):
    """A moment, aware and in UTC; SQLite keeps it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What Python calls it."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC on the way in, without its zone for SQLite."""
        if value is not None and dialect.name == "sqlite":
            return value.astimezone(UTC).replace(tzinfo=None)
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC on the way out."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Versioned(Table):
    """What every resource has that can change; `version` makes its entity tag."""

    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Time)
    updated_at: datetime = Field(default_factory=now, sa_type=Time)

    def __init__(self, **values: Any) -> None:
        moment = now()  # one for both
        super().__init__(**{"created_at": moment, "updated_at": moment, **values})

    def renew(self) -> None:
        """It has changed."""
        self.version += 1
        self.updated_at = now()


def code_points(length: int) -> String:
    """A string that is compared by code point on every database."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def driver_url(database_url: str) -> URL:
    """The setting's URL with the asynchronous driver's name."""
    url = make_url(database_url)
    return url.set(drivername=f"{url.drivername}+{DRIVERS[url.drivername]}")


DRIVERS = {"postgresql": "asyncpg", "sqlite": "aiosqlite"}


def create_engine(settings: Settings, replica_url: str | None = None) -> AsyncEngine:
    """The process's engine, or that of a replica; connects to nothing yet."""
    url = driver_url(replica_url or settings.database_url)
    options: dict[str, Any] = {
        # A replica's dead connection is noticed while another one, or the primary, can answer.
        "pool_pre_ping": bool(replica_url),
        "pool_size": settings.database_pool_size,
        "max_overflow": 0,
        "pool_timeout": 10,
        "connect_args": {"timeout": 10},
    }
    if url.get_backend_name() == "postgresql":
        # A plan for any search word would not use the trigram index that this word calls for.
        options["connect_args"]["server_settings"] = {
            "lock_timeout": "10000",
            "timezone": "UTC",
            "plan_cache_mode": "force_custom_plan",
        }
    engine = create_async_engine(url, **options)
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same pool for reads: every statement on its own, no BEGIN and ROLLBACK around it."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reading=True)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin below, not in the driver
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first could not be upgraded safely."""
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session
        await session.commit()


async def _reader(request: Request) -> AsyncIterator[AsyncConnection]:
    connection = await lagging_connection(request) or await request.app.state.reading.connect()
    async with aclosing(connection):
        yield connection


# scope="function": the commit comes before the answer leaves; by default it would come after.
Transaction = Annotated[AsyncSession, Depends(_transaction, scope="function")]
Reader = Annotated[AsyncConnection, Depends(_reader, scope="function")]


async def lock_category_tree(session: AsyncSession) -> None:
    """Let one transaction at a time move categories: two moves cannot make a cycle together.

    SQLite's write transaction is such a lock already.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        await session.execute(lock, {"key": CATEGORY_TREE_LOCK})


@asynccontextmanager
async def waiting_at_most(session: AsyncSession, milliseconds: int) -> AsyncIterator[None]:
    """Within: on PostgreSQL a lock that somebody else holds for longer is a DBAPIError.

    On SQLite there is nothing to wait for: whoever writes is alone. After a failure, which may be
    that of the connection, it stays so until the transaction ends.
    """
    if session.get_bind().dialect.name != "postgresql":
        yield
        return
    await session.execute(text(f"SET LOCAL lock_timeout = {milliseconds:d}"))
    yield
    await session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def violated(error: IntegrityError) -> str:
    """The constraint that a write ran into; of SQLite's foreign keys only `fk`."""
    cause = getattr(error.orig, "__cause__", None)
    if name := getattr(cause, "constraint_name", None):
        return str(name)
    kind, _, columns = str(error.orig).partition(" constraint failed: ")
    if kind == "UNIQUE":
        table = columns.partition(".")[0]
        return f"uq_{table}_" + "_".join(c.partition(".")[2] for c in columns.split(", "))
    return columns or "fk"


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether another transaction held a lock for too long."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return state == "55P03" or "database is locked" in str(error.orig)


def insert_missing(connection: AsyncConnection, table: type[Table]) -> Insert:
    """An INSERT that leaves alone what is there already (by any unique constraint)."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def columns(table: type[Table]) -> Columns:
    """A table's columns for use in SQL; the attributes of its class are typed as values."""
    selectable: FromClause = inspect(table).local_table
    return selectable.c
