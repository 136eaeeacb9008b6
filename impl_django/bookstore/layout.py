"""The layout's version in the database that siblings share (storage.md, schema_version)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, transaction

from .database import LAYOUT_VERSION, MIGRATION_LOCK
from .models import SchemaVersion

MIGRATIONS = {1: "0001_initial", 2: "0002_shop"}


class LayoutError(Exception):
    """One line that says why the database cannot be used as it is."""


def current_layout() -> int | None:
    """The layout's version, or None in a database without one."""
    if "schema_version" not in connection.introspection.table_names():
        return None
    return SchemaVersion.objects.values_list("version", flat=True).first()


def require_layout() -> None:
    """See that the database answers and has this layout.

    Raises:
        LayoutError: it was not migrated, or by a program that this one does not know.
    """
    version = current_layout()
    if version is None:
        raise LayoutError("the database has no tables yet: run `bookstore migrate`")
    if version != LAYOUT_VERSION:
        raise LayoutError(f"the database has layout {version}, this program knows {LAYOUT_VERSION}")


def migrate() -> None:
    """Make the tables, or adopt those that a sibling made and add what they lack; one at a time.

    Raises:
        LayoutError: the database has a layout that this program does not know.
    """
    with _alone():
        version = current_layout()
        if version is not None:
            if version not in MIGRATIONS:
                require_layout()
            call_command("migrate", "bookstore", MIGRATIONS[version], fake=True, verbosity=0)
        call_command("migrate", verbosity=0)


@contextmanager
def _alone() -> Iterator[None]:
    """One migration at a time, behind a lock of PostgreSQL's or in SQLite's write transaction."""
    if connection.vendor != "postgresql":
        # A migration that makes a table anew wants no checks, and cannot end them in a transaction.
        with connection.constraint_checks_disabled(), transaction.atomic():
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'")
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
            cursor.execute("RESET lock_timeout")
