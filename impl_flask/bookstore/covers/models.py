"""Covers, as storage.md has them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, UtcTime


class Cover(Base):
    """The picture of a book, as it was uploaded."""

    __tablename__ = "covers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_covers_book_id", ondelete="CASCADE"
        ),
        CheckConstraint(
            "content_type IN ('image/png', 'image/jpeg', 'image/webp')",
            name="ck_covers_content_type",
        ),
    )

    book_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    content_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)

    @property
    def tag(self) -> str:
        """The entity tag's text."""
        return self.sha256[:32]
