"""Reviews, as storage.md has them."""

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Entity


class Review(Entity):
    """What one customer says of one book; `rating` is 1 to 5."""

    __tablename__ = "reviews"
    __table_args__ = (
        ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_reviews_book_id", ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_reviews_user_id", ondelete="CASCADE"
        ),
        UniqueConstraint("book_id", "user_id", name="uq_reviews_book_id_user_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="ck_reviews_rating"),
        Index("ix_reviews_book", "book_id", "created_at", "id"),
        Index("ix_reviews_user_id", "user_id"),
    )

    book_id: Mapped[UUID] = mapped_column(Uuid)
    user_id: Mapped[UUID] = mapped_column(Uuid)
    rating: Mapped[int]
    title: Mapped[str | None] = mapped_column(String(120))
    body: Mapped[str | None] = mapped_column(Text)
