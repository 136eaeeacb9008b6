"""The layout, version 1 (storage.md)."""

import sqlalchemy as sa
from alembic import op

from bookstore.database import UtcTime, collated

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("name", collated(200), nullable=False),
        sa.Column("biography", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authors"),
        sa.UniqueConstraint("name", name="uq_authors_name"),
    )
    op.create_table(
        "books",
        sa.Column("isbn", collated(13), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("subtitle", sa.String(length=500), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=6), nullable=True),
        sa.Column("published_year", sa.Integer(), nullable=True),
        sa.Column("price_amount", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("rating_sum", sa.BigInteger(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column(
            "rating_hundredths",
            sa.Integer(),
            sa.Computed(
                "CASE WHEN rating_count = 0 THEN 0 "
                "ELSE (200 * rating_sum + rating_count) / (2 * rating_count) END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("title_key", collated(200), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "0 <= reserved AND reserved <= on_hand AND on_hand <= 999999999", name="ck_books_stock"
        ),
        sa.CheckConstraint("price_amount BETWEEN 1 AND 99999999", name="ck_books_price"),
        sa.CheckConstraint(
            "published_year IS NULL OR published_year BETWEEN -3000 AND 2100", name="ck_books_year"
        ),
        sa.CheckConstraint(
            "rating_count >= 0 AND rating_sum BETWEEN rating_count AND 5 * rating_count",
            name="ck_books_rating",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_books"),
        sa.UniqueConstraint("isbn", name="uq_books_isbn"),
    )
    op.create_index("ix_books_language", "books", ["language"])
    op.create_index("ix_books_newest", "books", ["created_at", "id"])
    op.create_index("ix_books_price", "books", ["price_amount", "id"])
    op.create_index("ix_books_rating", "books", ["rating_hundredths", "id"])
    op.create_index("ix_books_title", "books", ["title_key", "id"])
    op.create_index(
        "ix_books_year_asc", "books", [sa.text("coalesce(published_year, 32767)"), "id"]
    )
    op.create_index(
        "ix_books_year_desc", "books", [sa.text("coalesce(published_year, -32768)"), "id"]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.create_index(
            "ix_books_search",
            "books",
            ["search_text"],
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        )

    op.create_table(
        "categories",
        sa.Column("name", collated(100), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint("parent_id <> id", name="ck_categories_parent"),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name="fk_categories_parent_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("name", name="uq_categories_name"),
    )
    op.create_index("ix_categories_parent_id", "categories", ["parent_id"])

    op.create_table(
        "schema_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_schema_version"),
    )
    op.create_table(
        "users",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint("role IN ('customer', 'staff', 'admin')", name="ck_users_role"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_index("ix_users_created", "users", ["created_at", "id"])

    op.create_table(
        "book_authors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_book_authors_author_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_book_authors_book_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_book_authors"),
        sa.UniqueConstraint("book_id", "author_id", name="uq_book_authors_book_id_author_id"),
    )
    op.create_index("ix_book_authors_author_id", "book_authors", ["author_id"])

    op.create_table(
        "book_categories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_book_categories_book_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.id"],
            name="fk_book_categories_category_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_book_categories"),
        sa.UniqueConstraint(
            "book_id", "category_id", name="uq_book_categories_book_id_category_id"
        ),
    )
    op.create_index("ix_book_categories_category_id", "book_categories", ["category_id"])

    op.create_table(
        "covers",
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("content_type", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "content_type IN ('image/png', 'image/jpeg', 'image/webp')",
            name="ck_covers_content_type",
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_covers_book_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("book_id", name="pk_covers"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_idempotency_keys_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_keys"),
        sa.UniqueConstraint("user_id", "key", name="uq_idempotency_keys_user_id_key"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])

    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("refresh_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])

    op.create_table(
        "stock_adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('received', 'returned', 'damaged', 'lost', "
            "'correction', 'import', 'shipped')",
            name="ck_stock_adjustments_reason",
        ),
        sa.CheckConstraint("delta <> 0", name="ck_stock_adjustments_delta"),
        sa.CheckConstraint("on_hand >= 0", name="ck_stock_adjustments_on_hand"),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_stock_adjustments_book_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_stock_adjustments_user_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stock_adjustments"),
    )
    op.create_index(
        "ix_stock_adjustments_book", "stock_adjustments", ["book_id", "created_at", "id"]
    )
    op.execute("INSERT INTO schema_version (version) VALUES (1)")


def downgrade() -> None:
    for table in (
        "stock_adjustments",
        "sessions",
        "idempotency_keys",
        "covers",
        "book_categories",
        "book_authors",
        "users",
        "schema_version",
        "categories",
        "books",
        "authors",
    ):
        op.drop_table(table)
