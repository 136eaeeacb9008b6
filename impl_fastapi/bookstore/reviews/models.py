"""What is stored of reviews (storage.md: reviews); a book's mean stands in the book."""

from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from ..database import Versioned, columns


class Review(Versioned, table=True):
    """What one customer says of one book."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("book_id", "user_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("ix_reviews_book", "book_id", "created_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    book_id: UUID = Field(foreign_key="books.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    rating: int
    title: str | None = Field(default=None, max_length=120)
    body: str | None = Field(default=None, sa_type=Text)


reviews = columns(Review)
