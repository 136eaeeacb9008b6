"""Alembic's entry: `bookstore migrate` hands over its connection."""

from alembic import context

from bookstore.layout import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
