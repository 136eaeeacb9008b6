"""Payments, refunds and the provider's events, as storage.md has them."""

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import Base, Entity, UtcTime, utc_now

PENDING, CAPTURED, FAILED, SUCCEEDED = "pending", "captured", "failed", "succeeded"

_pending = text("status = 'pending'")
_live = text("status <> 'failed'")


class Payment(Entity):
    """One attempt to charge an order; its id is the provider's reference and idempotency key."""

    __tablename__ = "payments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_payments_order_id", ondelete="RESTRICT"
        ),
        UniqueConstraint("provider_id", name="uq_payments_provider_id"),
        CheckConstraint("status IN ('pending', 'captured', 'failed')", name="ck_payments_status"),
        CheckConstraint(
            "amount >= 1 AND 0 <= refunded_amount AND refunded_amount <= amount",
            name="ck_payments_money",
        ),
        Index(
            "uq_payments_order_id_live",
            "order_id",
            unique=True,
            postgresql_where=_live,
            sqlite_where=_live,
        ),
        Index("ix_payments_order_id", "order_id"),
        Index(
            "ix_payments_pending", "created_at", postgresql_where=_pending, sqlite_where=_pending
        ),
    )

    order_id: Mapped[UUID] = mapped_column(Uuid)
    status: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int] = mapped_column(BigInteger)
    refunded_amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    payment_method: Mapped[str] = mapped_column(String(63))
    provider_id: Mapped[str | None] = mapped_column(String(100))
    failure_code: Mapped[str | None] = mapped_column(String(100))


class Refund(Base):
    """Money on its way back, or back; its id is the provider's reference and idempotency key."""

    __tablename__ = "refunds"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_refunds_order_id", ondelete="RESTRICT"
        ),
        ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_refunds_payment_id", ondelete="RESTRICT"
        ),
        ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_refunds_user_id", ondelete="SET NULL"
        ),
        UniqueConstraint("provider_id", name="uq_refunds_provider_id"),
        CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name="ck_refunds_status"),
        CheckConstraint("amount >= 1", name="ck_refunds_amount"),
        Index("ix_refunds_order_id", "order_id"),
        Index("ix_refunds_payment_id", "payment_id"),
        Index("ix_refunds_pending", "created_at", postgresql_where=_pending, sqlite_where=_pending),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(Uuid)
    payment_id: Mapped[UUID] = mapped_column(Uuid)
    status: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(Text)
    provider_id: Mapped[str | None] = mapped_column(String(100))
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)

    payment: Mapped[Payment] = relationship(lazy="raise")


class PaymentEvent(Base):
    """An event of the provider, as it came; kept so that it counts once."""

    __tablename__ = "payment_events"

    webhook_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(30))
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcTime, default=utc_now)
