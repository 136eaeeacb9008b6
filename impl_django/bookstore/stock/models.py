"""What is stored of stock (storage.md: stock_adjustments)."""

from uuid import uuid4

from django.db import models

from ..accounts.models import User
from ..catalogue.models import Book
from ..database import MomentField, now

MANUAL_REASONS = ("received", "returned", "damaged", "lost", "correction")
REASONS = (*MANUAL_REASONS, "import", "shipped")  # the last two are written by the shop itself


class StockAdjustment(models.Model):
    """A line of the ledger, append-only; the deltas of a book add up to what is on hand."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    book = models.ForeignKey(Book, models.DO_NOTHING, db_index=False)
    delta = models.IntegerField()
    reason = models.CharField(max_length=12)
    note = models.TextField(null=True, blank=True)
    on_hand = models.IntegerField()
    user = models.ForeignKey(User, models.DO_NOTHING, null=True, db_index=False)
    created_at = MomentField(default=now)

    class Meta:
        db_table = "stock_adjustments"
        indexes = (
            models.Index(fields=("book", "created_at", "id"), name="ix_stock_adjustments_book"),
        )
        constraints = (
            models.CheckConstraint(condition=~models.Q(delta=0), name="ck_stock_adjustments_delta"),
            models.CheckConstraint(
                condition=models.Q(reason__in=REASONS), name="ck_stock_adjustments_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(on_hand__gte=0), name="ck_stock_adjustments_on_hand"
            ),
        )

    def __str__(self) -> str:
        return f"{self.delta:+} {self.reason}"
