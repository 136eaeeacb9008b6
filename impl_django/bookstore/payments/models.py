"""What is stored of payments (storage.md: payments, refunds, payment_events)."""

from datetime import datetime
from typing import ClassVar, Self, TypeVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from ..accounts.models import User
from ..auth import Caller
from ..database import MomentField, Versioned, now
from ..orders.models import Order


class PaymentStatus(models.TextChoices):
    """What is known of a payment."""

    PENDING = "pending"
    CAPTURED = "captured"
    FAILED = "failed"


class RefundStatus(models.TextChoices):
    """What is known of a refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


Row = TypeVar("Row", bound=models.Model)


class PendingQuerySet(models.QuerySet[Row]):
    """Payments or refunds, as the shop speaks of them."""

    def pending_since(self, moment: datetime) -> Self:
        """Those whose outcome is unknown since then or longer, oldest first."""
        return self.filter(status="pending", created_at__lte=moment).order_by("created_at")


class PaymentQuerySet(PendingQuerySet["Payment"]):
    """Payments, as the shop speaks of them."""

    def visible_to(self, caller: Caller | User) -> Self:
        """Staff see all, a customer those of their own orders."""
        return self if caller.is_staff else self.filter(order__user=caller.id)


class Payment(Versioned):
    """One attempt to pay an order; its id is the provider's reference. Amounts in minor units."""

    order = models.ForeignKey(Order, models.DO_NOTHING, db_index=False)
    status = models.CharField(
        max_length=10, choices=PaymentStatus.choices, default=PaymentStatus.PENDING
    )
    amount = models.BigIntegerField()
    refunded_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=63)
    provider_id = models.CharField(max_length=100, null=True)
    failure_code = models.CharField(max_length=100, null=True)

    objects: ClassVar = PaymentQuerySet.as_manager()

    class Meta:
        db_table = "payments"
        indexes = (
            models.Index(fields=("order",), name="ix_payments_order_id"),
            models.Index(
                fields=("created_at",), condition=Q(status="pending"), name="ix_payments_pending"
            ),
        )
        constraints: ClassVar = (
            models.UniqueConstraint(fields=("provider_id",), name="uq_payments_provider_id"),
            models.UniqueConstraint(
                fields=("order",), condition=~Q(status="failed"), name="uq_payments_order_id_live"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="ck_payments_status"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount__gte=1, refunded_amount__gte=0, refunded_amount__lte=F("amount")
                ),
                name="ck_payments_money",
            ),
        )

    def __str__(self) -> str:
        return f"Payment {self.id}"


class RefundQuerySet(PendingQuerySet["Refund"]):
    """Refunds, as the shop speaks of them."""


class Refund(models.Model):
    """Money on its way back; its id is the provider's reference."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    order = models.ForeignKey(Order, models.DO_NOTHING, db_index=False)
    payment = models.ForeignKey(Payment, models.DO_NOTHING, db_index=False)
    status = models.CharField(
        max_length=10, choices=RefundStatus.choices, default=RefundStatus.PENDING
    )
    amount = models.BigIntegerField()
    reason = models.TextField(null=True)
    provider_id = models.CharField(max_length=100, null=True)
    user = models.ForeignKey(User, models.DO_NOTHING, null=True, db_index=False)
    created_at = MomentField(default=now, editable=False)
    updated_at = MomentField(default=now, editable=False)

    objects: ClassVar = RefundQuerySet.as_manager()

    class Meta:
        db_table = "refunds"
        indexes = (
            models.Index(fields=("order",), name="ix_refunds_order_id"),
            models.Index(fields=("payment",), name="ix_refunds_payment_id"),
            models.Index(
                fields=("created_at",), condition=Q(status="pending"), name="ix_refunds_pending"
            ),
        )
        constraints: ClassVar = (
            models.UniqueConstraint(fields=("provider_id",), name="uq_refunds_provider_id"),
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values), name="ck_refunds_status"
            ),
            models.CheckConstraint(condition=Q(amount__gte=1), name="ck_refunds_amount"),
        )

    def __str__(self) -> str:
        return f"Refund {self.id}"


class PaymentEvent(models.Model):
    """An event of the provider, unchanged; its id makes a second delivery have no effect."""

    webhook_id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=30)
    body = models.TextField()
    received_at = MomentField(default=now)

    class Meta:
        db_table = "payment_events"

    def __str__(self) -> str:
        return f"{self.type} {self.webhook_id}"
