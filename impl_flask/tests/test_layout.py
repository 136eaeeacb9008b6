"""A database is made, adopted or brought up to date, whoever made it."""

import flask_migrate
import pytest
from flask import current_app
from sqlalchemy import inspect, text

from bookstore.database import LAYOUT, db
from bookstore.layout import MIGRATIONS, LayoutError, current_layout, migrate, register_migrations

OWN = "alembic_version_flask"
NEW = {"reviews", "orders", "order_lines", "payments", "refunds", "payment_events"}

pytestmark = pytest.mark.usefixtures("app")


def run(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def tables() -> dict[str, str]:
    """Every table and index of the shop, as the database spells them."""
    with db.engine.begin() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return {name: sql for name, sql in rows if name != OWN}


def make_version_1(*, of_a_sibling: bool) -> None:
    register_migrations(current_app)
    flask_migrate.upgrade(directory=str(MIGRATIONS), revision="0001")
    run("INSERT INTO users VALUES ('a@b.example', '', 'A', 'admin', 0, '0', 1, '', '')")
    if of_a_sibling:
        run(f"DROP TABLE {OWN}")


@pytest.mark.parametrize("of_a_sibling", [False, True])
def test_version_1_gets_what_it_lacks(*, of_a_sibling: bool) -> None:
    make_version_1(of_a_sibling=of_a_sibling)
    before = tables()
    assert current_layout() == 1
    assert not NEW & before.keys()
    migrate()
    assert current_layout() == LAYOUT
    after = tables()
    assert after.keys() >= NEW
    assert {name: after[name] for name in before} == before
    with db.engine.begin() as connection:
        assert connection.scalar(text("SELECT name FROM users")) == "A"


def test_a_current_one_is_adopted_and_nothing_else() -> None:
    migrate()
    made = tables()
    run(f"DROP TABLE {OWN}")
    migrate()
    migrate()
    assert tables() == made
    assert inspect(db.engine).has_table(OWN)


def test_the_models_are_what_the_migrations_make() -> None:
    migrate()
    migrated = {name.lower() for name in tables()}
    declared = {table.name for table in db.metadata.tables.values()}
    declared |= {
        str(index.name) for table in db.metadata.tables.values() for index in table.indexes
    }
    assert declared <= migrated


def test_an_unknown_version_stops_it() -> None:
    migrate()
    run("UPDATE schema_version SET version = 99")
    with pytest.raises(LayoutError, match="layout 99"):
        migrate()


def test_a_migration_that_breaks_off_leaves_nothing() -> None:
    make_version_1(of_a_sibling=False)
    before = tables()
    run("CREATE TABLE refunds (id int)")
    with pytest.raises(Exception, match="refunds already exists"):
        migrate()
    run("DROP TABLE refunds")
    assert tables() == before
    assert current_layout() == 1
