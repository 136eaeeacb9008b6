"""What is stored of orders (storage.md: orders, order_lines); amounts in minor units."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from ..database import Table, Time, Versioned, columns


class Order(Versioned, table=True):
    """What somebody bought, and how far it has come.

    `cart_version` is the cart it was placed from: one cart, one order. `expires_at` is null once it
    is paid or cancelled; `paid_at` stays.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("cart_version"),
        CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'shipped', 'delivered', 'cancelled')",
            name="state",
        ),
        CheckConstraint("total_amount >= 1", name="total"),
        CheckConstraint(
            "cancellation_reason IS NULL"
            " OR cancellation_reason IN ('customer', 'staff', 'expired')",
            name="cancellation_reason",
        ),
        CheckConstraint(
            "0 <= refunded_amount AND refunded_amount <= captured_amount"
            " AND captured_amount <= total_amount",
            name="money",
        ),
        CheckConstraint(
            "state NOT IN ('paid', 'shipped', 'delivered') OR captured_amount = total_amount",
            name="paid",
        ),
        CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)"
            " AND (state IN ('shipped', 'delivered')) = (shipped_at IS NOT NULL)"
            " AND (state = 'delivered') = (delivered_at IS NOT NULL)",
            name="moments",
        ),
        Index("ix_orders_user", "user_id", "created_at", "id"),
        Index("ix_orders_newest", "created_at", "id"),
        Index("ix_orders_state", "state", "created_at", "id"),
        Index("ix_orders_expires_at", "expires_at"),
        Index("ix_orders_paid_at", "paid_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="RESTRICT")
    cart_version: UUID | None = None
    state: str = Field(default="awaiting_payment", max_length=20)
    total_amount: int = Field(sa_type=BigInteger)
    captured_amount: int = Field(default=0, sa_type=BigInteger)
    refunded_amount: int = Field(default=0, sa_type=BigInteger)
    currency: str = Field(max_length=3)
    shipping_address: str = Field(sa_type=Text)
    expires_at: datetime | None = Field(default=None, sa_type=Time)
    paid_at: datetime | None = Field(default=None, sa_type=Time)
    shipped_at: datetime | None = Field(default=None, sa_type=Time)
    delivered_at: datetime | None = Field(default=None, sa_type=Time)
    cancelled_at: datetime | None = Field(default=None, sa_type=Time)
    cancellation_reason: str | None = Field(default=None, max_length=10)
    carrier: str | None = Field(default=None, max_length=100)
    tracking_number: str | None = Field(default=None, max_length=100)


class OrderLine(Table, table=True):
    """A book as it was when it was ordered; `position`, from 0, is its place in the cart."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "book_id"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),
        CheckConstraint("unit_amount >= 1", name="unit_amount"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", ondelete="CASCADE")
    position: int
    book_id: UUID = Field(foreign_key="books.id", ondelete="RESTRICT", index=True)
    isbn: str = Field(max_length=13)
    title: str = Field(max_length=500)
    quantity: int
    unit_amount: int = Field(sa_type=BigInteger)


orders = columns(Order)
order_lines = columns(OrderLine)
