"""The layout, version 2: reviews, orders, payments and their events (storage.md)."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bookstore.database import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ck_reviews_rating"),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_reviews_book_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_reviews_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("book_id", "user_id", name="uq_reviews_book_id_user_id"),
    )
    op.create_index("ix_reviews_book", "reviews", ["book_id", "created_at", "id"])
    op.create_index("ix_reviews_user_id", "reviews", ["user_id"])

    op.create_table(
        "orders",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("cart_version", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.Column("captured_amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("shipping_address", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("paid_at", UtcTime(), nullable=True),
        sa.Column("shipped_at", UtcTime(), nullable=True),
        sa.Column("delivered_at", UtcTime(), nullable=True),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=10), nullable=True),
        sa.Column("carrier", sa.String(length=100), nullable=True),
        sa.Column("tracking_number", sa.String(length=100), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'shipped', 'delivered', 'cancelled')",
            name="ck_orders_state",
        ),
        sa.CheckConstraint("total_amount >= 1", name="ck_orders_total"),
        sa.CheckConstraint(
            "0 <= refunded_amount AND refunded_amount <= captured_amount "
            "AND captured_amount <= total_amount",
            name="ck_orders_money",
        ),
        sa.CheckConstraint(
            "state NOT IN ('paid', 'shipped', 'delivered') OR captured_amount = total_amount",
            name="ck_orders_paid",
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL) "
            "AND (state IN ('shipped', 'delivered')) = (shipped_at IS NOT NULL) "
            "AND (state = 'delivered') = (delivered_at IS NOT NULL)",
            name="ck_orders_moments",
        ),
        sa.CheckConstraint(
            "cancellation_reason IS NULL "
            "OR cancellation_reason IN ('customer', 'staff', 'expired')",
            name="ck_orders_cancellation_reason",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_orders_user_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("cart_version", name="uq_orders_cart_version"),
    )
    op.create_index("ix_orders_user", "orders", ["user_id", "created_at", "id"])
    op.create_index("ix_orders_newest", "orders", ["created_at", "id"])
    op.create_index("ix_orders_state", "orders", ["state", "created_at", "id"])
    op.create_index("ix_orders_expires_at", "orders", ["expires_at"])
    op.create_index("ix_orders_paid_at", "orders", ["paid_at"])

    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("isbn", sa.String(length=13), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name="ck_order_lines_quantity"),
        sa.CheckConstraint("unit_amount >= 1", name="ck_order_lines_unit_amount"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_order_lines_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_order_lines_book_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_order_lines"),
        sa.UniqueConstraint("order_id", "book_id", name="uq_order_lines_order_id_book_id"),
    )
    op.create_index("ix_order_lines_book_id", "order_lines", ["book_id"])

    op.create_table(
        "payments",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payment_method", sa.String(length=63), nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("failure_code", sa.String(length=100), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'captured', 'failed')", name="ck_payments_status"
        ),
        sa.CheckConstraint(
            "amount >= 1 AND 0 <= refunded_amount AND refunded_amount <= amount",
            name="ck_payments_money",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_payments_order_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("provider_id", name="uq_payments_provider_id"),
    )
    op.create_index(
        "uq_payments_order_id_live",
        "payments",
        ["order_id"],
        unique=True,
        **_only("status <> 'failed'"),
    )
    op.create_index("ix_payments_order_id", "payments", ["order_id"])
    op.create_index(
        "ix_payments_pending", "payments", ["created_at"], **_only("status = 'pending'")
    )

    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'succeeded', 'failed')", name="ck_refunds_status"
        ),
        sa.CheckConstraint("amount >= 1", name="ck_refunds_amount"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_refunds_order_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_refunds_payment_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_refunds_user_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("provider_id", name="uq_refunds_provider_id"),
    )
    op.create_index("ix_refunds_order_id", "refunds", ["order_id"])
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    op.create_index("ix_refunds_pending", "refunds", ["created_at"], **_only("status = 'pending'"))

    op.create_table(
        "payment_events",
        sa.Column("webhook_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_payment_events"),
    )
    op.execute("UPDATE schema_version SET version = 2")


def downgrade() -> None:
    for table in ("payment_events", "refunds", "payments", "order_lines", "orders", "reviews"):
        op.drop_table(table)
    op.execute("UPDATE schema_version SET version = 1")


def _only(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}
