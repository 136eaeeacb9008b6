"""The ledger of stock, as storage.md has it."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, UtcTime

MAX_STOCK = 999_999_999
REASONS = ("received", "returned", "damaged", "lost", "correction")
"""What people may give; `import` and `shipped` are the shop's own."""


class StockAdjustment(Base):
    """One entry: `delta` copies came or went, `on_hand` were there afterwards; never changed."""

    __tablename__ = "stock_adjustments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_stock_adjustments_book_id", ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_stock_adjustments_user_id", ondelete="SET NULL"
        ),
        CheckConstraint("delta <> 0", name="ck_stock_adjustments_delta"),
        CheckConstraint(
            "reason IN ('received', 'returned', 'damaged', 'lost', "
            "'correction', 'import', 'shipped')",
            name="ck_stock_adjustments_reason",
        ),
        CheckConstraint("on_hand >= 0", name="ck_stock_adjustments_on_hand"),
        Index("ix_stock_adjustments_book", "book_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    book_id: Mapped[UUID] = mapped_column(Uuid)
    delta: Mapped[int]
    reason: Mapped[str] = mapped_column(String(12))
    note: Mapped[str | None] = mapped_column(Text)
    on_hand: Mapped[int]
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
