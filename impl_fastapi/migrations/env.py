"""Alembic's entry: `bookstore migrate` hands over its connection."""

from alembic import context

from bookstore.layout import VERSION_TABLE
from bookstore.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
