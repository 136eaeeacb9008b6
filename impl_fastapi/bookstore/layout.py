"""`bookstore migrate`: the layout of storage.md, made here, or raised or adopted from a sibling."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from .database import LAYOUT_VERSION

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "alembic_version_fastapi"
MIGRATION_LOCK = 7_210_000
REVISIONS = {1: "0001", 2: "0002"}  # Alembic's names of the layouts


class LayoutError(Exception):
    """The database's layout is not the one this code was written for."""


async def migrate(engine: AsyncEngine) -> None:
    """Bring the database to the current layout; safe to run twice, and at the same time.

    Raises LayoutError if its version is unknown.
    """
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text("SET LOCAL lock_timeout = 0"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        await connection.run_sync(_migrate)


async def require_layout(engine: AsyncEngine) -> None:
    """Check that the database was migrated.

    Raises LayoutError if not.
    """
    async with engine.connect() as connection:
        version = await connection.run_sync(_version)
    if version is None:
        raise LayoutError("the database was not migrated; run: bookstore migrate")
    if version in REVISIONS and version < LAYOUT_VERSION:
        raise LayoutError(f"the database has layout {version}; run: bookstore migrate")
    if version != LAYOUT_VERSION:
        raise _unknown(version)


def _migrate(connection: Connection) -> None:
    from alembic import command

    config, version = alembic_config(connection), _version(connection)
    if version is not None:
        if version not in REVISIONS:
            raise _unknown(version)
        command.stamp(config, REVISIONS[version])  # whoever brought it there
    command.upgrade(config, "head")


def alembic_config(connection: Connection) -> "Config":
    """What Alembic's commands want to be told."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    return config


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table("schema_version"):
        return None
    version: int | None = connection.scalar(text("SELECT version FROM schema_version"))
    return version


def _unknown(version: int) -> LayoutError:
    return LayoutError(f"the database has layout {version}, this is {LAYOUT_VERSION}")
