"""What is stored of money (storage.md: payments, refunds, payment_events); amounts in minor units.

The id of a payment or refund is the provider's `reference` and `Idempotency-Key`.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from ..database import Table, Time, Versioned, columns, now

_LIVE = text("status <> 'failed'")
_PENDING = text("status = 'pending'")


class Payment(Versioned, table=True):
    """One attempt to charge an order's total; at most one of an order is not failed."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("provider_id"),
        CheckConstraint("status IN ('pending', 'captured', 'failed')", name="status"),
        CheckConstraint(
            "amount >= 1 AND 0 <= refunded_amount AND refunded_amount <= amount", name="money"
        ),
        Index(
            "uq_payments_order_id_live",
            "order_id",
            unique=True,
            postgresql_where=_LIVE,
            sqlite_where=_LIVE,
        ),
        Index(
            "ix_payments_pending", "created_at", postgresql_where=_PENDING, sqlite_where=_PENDING
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", ondelete="RESTRICT", index=True)
    status: str = Field(default="pending", max_length=10)
    amount: int = Field(sa_type=BigInteger)
    refunded_amount: int = Field(default=0, sa_type=BigInteger)
    currency: str = Field(max_length=3)
    payment_method: str = Field(max_length=63)
    provider_id: str | None = Field(default=None, max_length=100)
    failure_code: str | None = Field(default=None, max_length=100)


class Refund(Table, table=True):
    """Money on its way back, or back, or refused; in its payment's currency."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("provider_id"),
        CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name="status"),
        CheckConstraint("amount >= 1", name="amount"),
        Index("ix_refunds_pending", "created_at", postgresql_where=_PENDING, sqlite_where=_PENDING),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", ondelete="RESTRICT", index=True)
    payment_id: UUID = Field(foreign_key="payments.id", ondelete="RESTRICT", index=True)
    status: str = Field(default="pending", max_length=10)
    amount: int = Field(sa_type=BigInteger)
    reason: str | None = Field(default=None, sa_type=Text)
    provider_id: str | None = Field(default=None, max_length=100)
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    created_at: datetime = Field(default_factory=now, sa_type=Time)
    updated_at: datetime = Field(default_factory=now, sa_type=Time)


class PaymentEvent(Table, table=True):
    """An event of the provider, as it came; each counts once."""

    __tablename__ = "payment_events"

    webhook_id: str = Field(primary_key=True, max_length=255)
    type: str = Field(max_length=30)
    body: str = Field(sa_type=Text)
    received_at: datetime = Field(default_factory=now, sa_type=Time)


payments = columns(Payment)
refunds = columns(Refund)
