"""A database is made, adopted or brought up to date, whoever made it."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from bookstore.database import LAYOUT_VERSION
from bookstore.layout import LayoutError, current_layout, migrate

NEW = {"reviews", "orders", "order_lines", "payments", "refunds", "payment_events"}
OWN = ("django_", "auth_")

pytestmark = pytest.mark.usefixtures("database")


def run(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if statement.startswith("SELECT") else []


def tables() -> dict[str, str]:
    """Every table and index of the shop, as the database spells them."""
    rows = run("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: sql for name, sql in rows if not name.startswith(OWN)}


def forget_who_made_it() -> None:
    for name in connection.introspection.table_names():
        if name.startswith(OWN):
            run(f"DROP TABLE {name}")


def make_version_1(*, of_a_sibling: bool) -> None:
    call_command("migrate", "bookstore", "0001_initial", verbosity=0)
    run("INSERT INTO users VALUES ('0', 'a@b.example', '', 'A', 'admin', 0, 1, '', '')")
    if of_a_sibling:
        connection.disable_constraint_checking()
        forget_who_made_it()


@pytest.mark.parametrize("of_a_sibling", [False, True])
def test_version_1_gets_what_it_lacks(*, of_a_sibling: bool) -> None:
    make_version_1(of_a_sibling=of_a_sibling)
    before = tables()
    assert current_layout() == 1
    assert not NEW & before.keys()
    migrate()
    assert current_layout() == LAYOUT_VERSION
    after = tables()
    assert after.keys() >= NEW
    assert {name: after[name] for name in before} == before
    assert run("SELECT name FROM users") == [("A",)]


def test_a_current_one_is_adopted_and_nothing_else() -> None:
    migrate()
    made = tables()
    connection.disable_constraint_checking()
    forget_who_made_it()
    migrate()
    migrate()
    assert tables() == made
    assert "django_session" in connection.introspection.table_names()


def test_an_unknown_version_stops_it() -> None:
    migrate()
    run("UPDATE schema_version SET version = version + 1")
    with pytest.raises(LayoutError, match=f"layout {LAYOUT_VERSION + 1}"):
        migrate()


def test_a_migration_that_breaks_off_leaves_nothing() -> None:
    make_version_1(of_a_sibling=False)
    before = tables()
    run("CREATE TABLE refunds (id int)")
    with pytest.raises(Exception, match=r"refunds.* already exists"):
        migrate()
    run("DROP TABLE refunds")
    assert tables() == before
    assert current_layout() == 1


def test_the_migrations_know_every_model() -> None:
    migrate()
    call_command("makemigrations", "bookstore", check=True, dry_run=True, stdout=StringIO())
