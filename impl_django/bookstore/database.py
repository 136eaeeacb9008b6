"""The database: pooled connections, reads in autocommit, services in `@transaction.atomic`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, IntegrityError, connection, models
from django.db.backends.base.base import BaseDatabaseWrapper

from .errors import Problem

LAYOUT_VERSION = 2
CATEGORY_TREE_LOCK = 7_210_001
MIGRATION_LOCK = 7_210_000


class MomentField(models.DateTimeField):  # type: ignore[type-arg]  # generic only in django-stubs
    """A moment in UTC with six digits of microseconds, also where SQLite keeps it as text.

    Django leaves out zero microseconds there, and text without them sorts and reads otherwise.
    """

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        """What the driver gets."""
        value = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor == "sqlite" and isinstance(value, str) and "." not in value:
            return f"{value}.000000"
        return value


class JsonField(models.JSONField):
    """JSON in a column of text, which is what the layout has for it."""

    def get_internal_type(self) -> str:
        """What it is to the database."""
        return "TextField"

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """What the text says."""
        return None if value is None else json.loads(value)

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        return (
            None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        )


class RowComparison(models.Func):
    """`(key, id) > (last key, last id)`: what comes after a row, found by one seek in an index."""

    output_field = models.BooleanField()
    operator = ">"

    def as_sql(
        self, compiler: Any, connection: Any, *_: Any, **__: Any
    ) -> tuple[str, tuple[Any, ...]]:
        compiled = [compiler.compile(part) for part in self.get_source_expressions()]
        key, ident, last_key, last_id = (sql for sql, _ in compiled)
        parameters = tuple(value for _, values in compiled for value in values)
        return f"({key}, {ident}) {self.operator} ({last_key}, {last_id})", parameters


class RowBefore(RowComparison):
    """`(key, id) < (last key, last id)`, for descending orders."""

    operator = "<"


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def changed() -> dict[str, Any]:
    """What every change of a representation writes with it (storage.md, Entity tags)."""
    return {"version": models.F("version") + 1, "updated_at": now()}


class Versioned(models.Model):
    """A row whose `version` makes its entity tag (storage.md, Entity tags)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    version = models.IntegerField(default=1, editable=False)
    created_at = MomentField(default=now, editable=False)
    updated_at = MomentField(default=now, editable=False)

    class Meta:
        """No table of its own."""

        abstract = True

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save; what is new was last changed when it was made."""
        if self._state.adding:
            self.updated_at = self.created_at
        super().save(*arguments, **options)

    def renew(self) -> None:
        """Write the row, which was changed under its lock, as its next version."""
        self.version += 1
        self.updated_at = now()
        self.save(force_update=True)


@contextmanager
def unique(problem: type[Problem]) -> Iterator[None]:
    """Raise `problem` if a statement in the block violates a unique constraint."""
    try:
        yield
    except IntegrityError as error:
        if "unique" not in str(error).lower():
            raise
        raise problem from None


@contextmanager
def waiting_at_most(milliseconds: int) -> Iterator[None]:
    """Raise OperationalError in the block if it waits longer than this for a lock (PostgreSQL).

    On SQLite there is nothing to wait for, because a writer is alone. After a failure, which may be
    that of the connection, the limit stays until the transaction ends.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {milliseconds:d}")
        yield
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def lock_category_tree() -> None:
    """Let one transaction at a time move categories: two moves together could make a cycle.

    SQLite's write transaction is such a lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CATEGORY_TREE_LOCK])


def answers() -> bool:
    """Whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close_if_unusable_or_obsolete()
        return False
    return True
