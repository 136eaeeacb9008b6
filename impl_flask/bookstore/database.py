"""The database: one engine, types as storage.md has them, and the two ways to use it.

Reads go through `reading()`, in autocommit: a select is its own transaction, so none costs a BEGIN
and a ROLLBACK.
Writes go through `db.session`; its transaction begins by itself, and `db.session.commit()` is a
view's last write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Row,
    Select,
    String,
    Uuid,
    event,
    inspect,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from . import replica
from .errors import Problem
from .settings import Settings, current_settings

AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]

LAYOUT = 2
"""The version of storage.md's tables that this program knows."""

POOL_WAIT_SECONDS = 5
BUSY_MILLISECONDS = 10_000
SQLITE_PRAGMAS = (
    "foreign_keys=ON",
    "journal_mode=WAL",
    "synchronous=NORMAL",
    f"busy_timeout={BUSY_MILLISECONDS}",
)
# A plan made for any search word would not use the trigram index that the word at hand calls for.
POSTGRES_OPTIONS = "-c timezone=UTC -c lock_timeout=10s -c plan_cache_mode=force_custom_plan"


class Base(DeclarativeBase):
    """What all tables are declared on."""

    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})


db = SQLAlchemy(
    model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False}
)


class UtcTime(TypeDecorator[datetime]):
    """`time` in storage.md: aware and in UTC here, `timestamptz` or text without a zone there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite has no zones."""
        return value.replace(tzinfo=None) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """All its times are UTC."""
        return value.replace(tzinfo=UTC) if value and dialect.name == "sqlite" else value


def collated(length: int) -> String:
    """`text(n) C` in storage.md: sorted by code point, which SQLite does by nature."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Entity(Base):
    """The columns of a resource that can change: id, version (for the entity tag) and two times."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)

    def __init__(self, **members: Any) -> None:
        now = utc_now()
        super().__init__(
            **{"id": uuid4(), "version": 1, "created_at": now, "updated_at": now, **members}
        )

    def change(self, **members: Any) -> bool:
        """Set `members`; a new version only if one of them differs. Returns whether one did."""
        changed = {name: value for name, value in members.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        if changed:
            self.touch()
        return bool(changed)

    def touch(self) -> None:
        """Renew version and time, once per transaction, because the representation changes."""
        if not inspect(self).attrs.version.history.has_changes():
            self.version += 1
            self.updated_at = utc_now()


class SchemaVersion(Base):
    """One row: the layout's version."""

    __tablename__ = "schema_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


def utc_now() -> datetime:
    """The time, as it is stored."""
    return datetime.now(UTC)


def create_database_app() -> Flask:
    """An application with a database and nothing else, as commands need it."""
    app = Flask("bookstore", static_folder=None)
    register_database(app)
    return app


def register_database(app: Flask) -> None:
    """Give an application its engines; connects to nothing yet."""
    app.config["SQLALCHEMY_BINDS"] = binds(current_settings())
    db.init_app(app)


def binds(settings: Settings) -> dict[str | None, dict[str, Any]]:
    """Engine options by Flask-SQLAlchemy's bind key; None is the primary, which takes writes."""
    engines: dict[str | None, dict[str, Any]] = {
        None: engine_options(settings.database_url, settings)
    }
    if settings.database_replica_url:
        # A connection that is dead is noticed while another one, or the primary, can still answer.
        engines[replica.BIND] = {
            **engine_options(settings.database_replica_url, settings),
            "pool_pre_ping": True,
        }
    return engines


def engine_options(database_url: str, settings: Settings) -> dict[str, Any]:
    """How to reach a database: a bounded pool, which requests wait for only so long."""
    url = make_url(database_url)
    options = {
        "pool_size": settings.database_pool_size,
        "max_overflow": 0,
        "pool_timeout": POOL_WAIT_SECONDS,
    }
    if url.get_backend_name() == "postgresql":
        connect = {"options": POSTGRES_OPTIONS, "connect_timeout": POOL_WAIT_SECONDS}
        return {"url": url.set(drivername="postgresql+psycopg"), "connect_args": connect, **options}
    # Flask-SQLAlchemy resolves a relative file against the instance folder, but the contract
    # resolves it against the working directory.
    url = url.set(database=str(Path(url.database or "").resolve()))
    return {"url": url, "connect_args": {"timeout": BUSY_MILLISECONDS / 1000}, **options}


def reading() -> Connection:
    """A connection for selects, each its own transaction; use it in a `with` block."""
    if connection := replica.lagging_connection():
        return connection
    return db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose selects all see the database as it is at the first one."""
    options = {"sqlite_begin": "DEFERRED"}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ"}
    with engine.execution_options(**options).connect() as connection:
        yield connection


def is_postgres() -> bool:
    """Whether the session speaks to PostgreSQL."""
    return db.session.get_bind().dialect.name == "postgresql"


@contextmanager
def waiting_at_most(milliseconds: int) -> Iterator[None]:
    """Raise OperationalError in the block if it waits longer than this for a lock (PostgreSQL).

    On SQLite there is nothing to wait for, because a writer is alone. After a failure, which may be
    that of the connection, the limit stays until the transaction ends.
    """
    if not is_postgres():
        yield
        return
    db.session.execute(text(f"SET LOCAL lock_timeout = {milliseconds:d}"))
    yield
    db.session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def lock(key: int) -> None:
    """Hold the lock `key` until the transaction ends; on SQLite, a write transaction is alone."""
    if is_postgres():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


@contextmanager
def refusing(**problems: type[Problem]) -> Iterator[None]:
    """Run and flush the block; a broken constraint becomes the problem that is named after it.

    The constraint decides, not a look beforehand: of two simultaneous writers one is refused.
    """
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        problem = next((problems[name] for name in problems if _is_broken(name, error)), None)
        if problem is None:
            raise
        raise problem from None


def _is_broken(constraint: str, error: IntegrityError) -> bool:
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return bool(diagnosis.constraint_name == constraint)
    # SQLite names the columns of a UNIQUE constraint or index, and nothing of a foreign key.
    kind, _, rest = constraint.partition("_")
    failed, _, columns = str(error.orig).partition(" constraint failed: ")
    if kind == "fk":
        return failed.startswith("FOREIGN KEY")
    table = columns.partition(".")[0]
    name = f"{table}_{columns.replace(f'{table}.', '').replace(', ', '_')}"
    return failed == "UNIQUE" and f"{rest}_".startswith(f"{name}_")


@event.listens_for(Engine, "connect")
def _set_up(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """SQLite's writers queue when they begin; one that upgrades later would fail at once."""
    options = connection.get_execution_options()
    if connection.dialect.name == "sqlite" and options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(f"BEGIN {options.get('sqlite_begin', 'IMMEDIATE')}")
