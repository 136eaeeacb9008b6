"""What is stored of covers (storage.md: covers)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from ..database import Table, Time, columns, now


class Cover(Table, table=True):
    """A book's one picture; its tag is made of `sha256`."""

    __tablename__ = "covers"
    __table_args__ = (
        CheckConstraint(
            "content_type IN ('image/png', 'image/jpeg', 'image/webp')", name="content_type"
        ),
    )

    book_id: UUID = Field(primary_key=True, foreign_key="books.id", ondelete="CASCADE")
    content_type: str = Field(max_length=20)
    width: int
    height: int
    sha256: str = Field(max_length=64)
    content: bytes
    updated_at: datetime = Field(default_factory=now, sa_type=Time)


covers = columns(Cover)
