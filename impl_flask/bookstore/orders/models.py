"""Orders and their lines, as storage.md has them."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, Entity, UtcTime

AWAITING_PAYMENT, PAID, SHIPPED, DELIVERED, CANCELLED = STATES = (
    "awaiting_payment",
    "paid",
    "shipped",
    "delivered",
    "cancelled",
)


class Order(Entity):
    """An order; amounts in minor units, `refunded_amount` with what is on its way back.

    `cart_version` is the cart it was placed from: one cart, one order.
    """

    __tablename__ = "orders"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_orders_user_id", ondelete="RESTRICT"
        ),
        UniqueConstraint("cart_version", name="uq_orders_cart_version"),
        CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'shipped', 'delivered', 'cancelled')",
            name="ck_orders_state",
        ),
        CheckConstraint("total_amount >= 1", name="ck_orders_total"),
        CheckConstraint(
            "0 <= refunded_amount AND refunded_amount <= captured_amount "
            "AND captured_amount <= total_amount",
            name="ck_orders_money",
        ),
        CheckConstraint(
            "state NOT IN ('paid', 'shipped', 'delivered') OR captured_amount = total_amount",
            name="ck_orders_paid",
        ),
        CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL) "
            "AND (state IN ('shipped', 'delivered')) = (shipped_at IS NOT NULL) "
            "AND (state = 'delivered') = (delivered_at IS NOT NULL)",
            name="ck_orders_moments",
        ),
        CheckConstraint(
            "cancellation_reason IS NULL "
            "OR cancellation_reason IN ('customer', 'staff', 'expired')",
            name="ck_orders_cancellation_reason",
        ),
        Index("ix_orders_user", "user_id", "created_at", "id"),
        Index("ix_orders_newest", "created_at", "id"),
        Index("ix_orders_state", "state", "created_at", "id"),
        Index("ix_orders_expires_at", "expires_at"),
        Index("ix_orders_paid_at", "paid_at"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid)
    cart_version: Mapped[UUID | None] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(String(20))
    total_amount: Mapped[int] = mapped_column(BigInteger)
    captured_amount: Mapped[int] = mapped_column(BigInteger)
    refunded_amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    shipping_address: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcTime)
    shipped_at: Mapped[datetime | None] = mapped_column(UtcTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cancellation_reason: Mapped[str | None] = mapped_column(String(10))
    carrier: Mapped[str | None] = mapped_column(String(100))
    tracking_number: Mapped[str | None] = mapped_column(String(100))


class OrderLine(Base):
    """Copies of one book, with its ISBN, title and price at order time; positions start at 0."""

    __tablename__ = "order_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_order_lines_order_id", ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_order_lines_book_id", ondelete="RESTRICT"
        ),
        UniqueConstraint("order_id", "book_id", name="uq_order_lines_order_id_book_id"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="ck_order_lines_quantity"),
        CheckConstraint("unit_amount >= 1", name="ck_order_lines_unit_amount"),
        Index("ix_order_lines_book_id", "book_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int]
    book_id: Mapped[UUID] = mapped_column(Uuid)
    isbn: Mapped[str] = mapped_column(String(13))
    title: Mapped[str] = mapped_column(String(500))
    quantity: Mapped[int]
    unit_amount: Mapped[int] = mapped_column(BigInteger)
