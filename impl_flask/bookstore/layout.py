"""The layout's version in the database that siblings share (storage.md, schema_version)."""

import logging
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import inspect, text

from .database import LAYOUT, db, is_postgres, reading

MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 7_210_000


class LayoutError(Exception):
    """One line that says why the database cannot be used as it is."""


def current_layout() -> int | None:
    """The layout's version, or None in a database without one."""
    if not inspect(db.engine).has_table("schema_version"):
        return None
    with reading() as connection:
        version: int | None = connection.execute(
            text("SELECT version FROM schema_version")
        ).scalar()
    return version


def require_layout() -> None:
    """See that the database answers and has this layout.

    Raises:
        LayoutError: it was not migrated, or by a program that this one does not know.
    """
    version = current_layout()
    if version is None:
        raise LayoutError("the database has no tables yet: run `bookstore migrate`")
    if version != LAYOUT:
        raise LayoutError(f"the database has layout {version}, this program knows {LAYOUT}")


def register_migrations(app: Flask) -> None:
    """Tell Flask-Migrate where they are; only who migrates imports it, and Alembic with it."""
    import flask_migrate

    flask_migrate.Migrate(app, db, directory=str(MIGRATIONS), version_table="alembic_version_flask")


def migrate() -> None:
    """Make the tables, or adopt and complete those that a sibling made; one at a time.

    Raises:
        LayoutError: the database has a layout that this program does not know.
    """
    import flask_migrate

    register_migrations(current_app)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with db.engine.connect() as guard:
        if is_postgres():
            guard.execute(text("SET lock_timeout = '60s'"))
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            guard.commit()
        else:
            guard.rollback()
        version = current_layout()
        if version is not None:
            if not 1 <= version <= LAYOUT:
                require_layout()
            flask_migrate.stamp(directory=str(MIGRATIONS), revision=f"{version:04}")
        flask_migrate.upgrade(directory=str(MIGRATIONS))
