"""A database is made, adopted or brought up to date, whoever made it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bookstore.database import LAYOUT_VERSION, create_engine
from bookstore.layout import (
    VERSION_TABLE,
    LayoutError,
    alembic_config,
    migrate,
    require_layout,
)
from bookstore.settings import current_settings
from bookstore.tables import METADATA

pytestmark = pytest.mark.anyio

NEW = {"reviews", "orders", "order_lines", "payments", "refunds", "payment_events"}


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = create_engine(replace(current_settings(), database_url=url))
    yield engine
    await engine.dispose()


async def run(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def tables(engine: AsyncEngine) -> dict[str, str]:
    """Every table and index of the shop, as the database spells them."""
    statement = text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    async with engine.connect() as connection:
        rows = (await connection.execute(statement)).all()
    return {name: sql for name, sql in rows if name != VERSION_TABLE}


async def version(engine: AsyncEngine) -> int | None:
    async with engine.connect() as connection:
        found: int | None = await connection.scalar(text("SELECT version FROM schema_version"))
    return found


async def make_version_1(engine: AsyncEngine, *, of_a_sibling: bool) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "0001"))
    await run(
        engine, "INSERT INTO users VALUES ('1', 'a@b.example', '', 'A', 'admin', 0, 1, '', '')"
    )
    if of_a_sibling:
        await run(engine, f"DROP TABLE {VERSION_TABLE}")


@pytest.mark.parametrize("of_a_sibling", [False, True])
async def test_version_1_gets_what_it_lacks(engine: AsyncEngine, of_a_sibling: bool) -> None:
    await make_version_1(engine, of_a_sibling=of_a_sibling)
    before = await tables(engine)
    assert not NEW & before.keys()
    with pytest.raises(LayoutError, match="bookstore migrate"):
        await require_layout(engine)
    await migrate(engine)
    await require_layout(engine)
    assert await version(engine) == LAYOUT_VERSION
    after = await tables(engine)
    assert after.keys() >= NEW
    assert {name: after[name] for name in before} == before
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT name FROM users")) == "A"


async def test_a_current_one_is_adopted_and_nothing_else(engine: AsyncEngine) -> None:
    await migrate(engine)
    made = await tables(engine)
    await run(engine, f"DROP TABLE {VERSION_TABLE}")
    await migrate(engine)
    await migrate(engine)
    assert await tables(engine) == made
    async with engine.connect() as connection:
        revision = await connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    assert revision == "0002"


# SQLite cannot show the years' indexes, which are of expressions; PostgreSQL's catalogue does.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
async def test_the_models_are_what_the_migrations_make(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {
            "version_table": VERSION_TABLE,
            "include_object": lambda _, name, *__: name != "ix_books_search",  # of PostgreSQL only
        }
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, METADATA))

    await migrate(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_an_unknown_version_stops_it(engine: AsyncEngine) -> None:
    await migrate(engine)
    await run(engine, f"UPDATE schema_version SET version = {LAYOUT_VERSION + 1}")
    with pytest.raises(LayoutError, match=f"layout {LAYOUT_VERSION + 1}"):
        await migrate(engine)


async def test_a_migration_that_breaks_off_leaves_nothing(engine: AsyncEngine) -> None:
    await make_version_1(engine, of_a_sibling=False)
    before = await tables(engine)
    await run(engine, "CREATE TABLE refunds (id int)")
    with pytest.raises(Exception, match="refunds already exists"):
        await migrate(engine)
    await run(engine, "DROP TABLE refunds")
    assert await tables(engine) == before
    assert await version(engine) == 1
