"""What is stored of orders (storage.md: orders, order_lines)."""

from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import F, Q

from ..accounts.models import User
from ..auth import Caller
from ..catalogue.models import Book
from ..database import JsonField, MomentField, Versioned, now

CANCELLATION_REASONS = ("customer", "staff", "expired")


class State(models.TextChoices):
    """Where an order is on its way."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders, as the shop speaks of them."""

    def visible_to(self, caller: Caller | User) -> Self:
        """Staff see all, a customer their own."""
        return self if caller.is_staff else self.filter(user=caller.id)

    def due(self) -> Self:
        """Those that were not paid in time."""
        return self.filter(state=State.AWAITING_PAYMENT, expires_at__lte=now())


class Order(Versioned):
    """What somebody bought; amounts in minor units of its currency."""

    user = models.ForeignKey(User, models.DO_NOTHING, db_index=False)
    cart_version = models.UUIDField(null=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.AWAITING_PAYMENT)
    total_amount = models.BigIntegerField()
    captured_amount = models.BigIntegerField(default=0)
    refunded_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    shipping_address = JsonField()
    expires_at = MomentField(null=True)
    paid_at = MomentField(null=True)
    shipped_at = MomentField(null=True)
    delivered_at = MomentField(null=True)
    cancelled_at = MomentField(null=True)
    cancellation_reason = models.CharField(max_length=10, null=True)
    carrier = models.CharField(max_length=100, null=True)
    tracking_number = models.CharField(max_length=100, null=True)

    objects: ClassVar = OrderQuerySet.as_manager()

    class Meta:
        db_table = "orders"
        indexes: ClassVar = (
            models.Index(fields=("user", "created_at", "id"), name="ix_orders_user"),
            models.Index(fields=("created_at", "id"), name="ix_orders_newest"),
            models.Index(fields=("state", "created_at", "id"), name="ix_orders_state"),
            models.Index(fields=("expires_at",), name="ix_orders_expires_at"),
            models.Index(fields=("paid_at",), name="ix_orders_paid_at"),
        )
        constraints: ClassVar = (
            models.UniqueConstraint(fields=("cart_version",), name="uq_orders_cart_version"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="ck_orders_state"),
            models.CheckConstraint(condition=Q(total_amount__gte=1), name="ck_orders_total"),
            models.CheckConstraint(
                condition=Q(
                    refunded_amount__gte=0,
                    captured_amount__gte=F("refunded_amount"),
                    total_amount__gte=F("captured_amount"),
                ),
                name="ck_orders_money",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("paid", "shipped", "delivered"))
                | Q(captured_amount=F("total_amount")),
                name="ck_orders_paid",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="cancelled", cancelled_at__isnull=False)
                    | (~Q(state="cancelled") & Q(cancelled_at=None))
                )
                & (
                    Q(state__in=("shipped", "delivered"), shipped_at__isnull=False)
                    | (~Q(state__in=("shipped", "delivered")) & Q(shipped_at=None))
                )
                & (
                    Q(state="delivered", delivered_at__isnull=False)
                    | (~Q(state="delivered") & Q(delivered_at=None))
                ),
                name="ck_orders_moments",
            ),
            models.CheckConstraint(
                condition=Q(cancellation_reason=None)
                | Q(cancellation_reason__in=CANCELLATION_REASONS),
                name="ck_orders_cancellation_reason",
            ),
        )

    def __str__(self) -> str:
        return f"Order {self.id}"


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    """Lines of orders, as the shop speaks of them."""

    def delivered_to(self, user_id: UUID) -> Self:
        """What somebody has in their hands."""
        return self.filter(order__user=user_id, order__state=State.DELIVERED)


class OrderLine(models.Model):
    """Some copies of a book, as it was when the order was placed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    order = models.ForeignKey(Order, models.DO_NOTHING, db_index=False)
    position = models.IntegerField()
    book = models.ForeignKey(Book, models.DO_NOTHING, db_index=False)
    isbn = models.CharField(max_length=13)
    title = models.CharField(max_length=500)
    quantity = models.IntegerField()
    unit_amount = models.BigIntegerField()

    objects: ClassVar = OrderLineQuerySet.as_manager()

    class Meta:
        db_table = "order_lines"
        indexes = (models.Index(fields=("book",), name="ix_order_lines_book_id"),)
        constraints = (
            models.UniqueConstraint(
                fields=("order", "book"), name="uq_order_lines_order_id_book_id"
            ),
            models.CheckConstraint(
                condition=Q(quantity__range=(1, 99)), name="ck_order_lines_quantity"
            ),
            models.CheckConstraint(
                condition=Q(unit_amount__gte=1), name="ck_order_lines_unit_amount"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"
