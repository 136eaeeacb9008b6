"""What is stored of stock (storage.md: stock_adjustments); what is on hand stands in the book."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from ..database import Table, Time, columns, now


class StockAdjustment(Table, table=True):
    """One entry of a book's ledger; `on_hand` is the stock after it."""

    __tablename__ = "stock_adjustments"
    __table_args__ = (
        CheckConstraint("delta <> 0", name="delta"),
        CheckConstraint(
            "reason IN ('received', 'returned', 'damaged', 'lost', 'correction',"
            " 'import', 'shipped')",
            name="reason",
        ),
        CheckConstraint("on_hand >= 0", name="on_hand"),
        Index("ix_stock_adjustments_book", "book_id", "created_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    book_id: UUID = Field(foreign_key="books.id", ondelete="CASCADE")
    delta: int
    reason: str = Field(max_length=12)
    note: str | None = Field(default=None, sa_type=Text)
    on_hand: int
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    created_at: datetime = Field(default_factory=now, sa_type=Time)


ledger = columns(StockAdjustment)
