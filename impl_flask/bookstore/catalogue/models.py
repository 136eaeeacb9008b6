"""Authors, categories and books, as storage.md has them."""

from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, Entity, collated

NO_YEAR_ASCENDING, NO_YEAR_DESCENDING = 32767, -32768
"""Stand for an unknown year, so that it comes last in either order."""


class Author(Entity):
    """Somebody who wrote books; no two have one name."""

    __tablename__ = "authors"
    __table_args__ = (UniqueConstraint("name", name="uq_authors_name"),)

    name: Mapped[str] = mapped_column(collated(200))
    biography: Mapped[str | None] = mapped_column(Text)


class Category(Entity):
    """A node of the tree; its name is unique over the whole of it."""

    __tablename__ = "categories"
    __table_args__ = (
        UniqueConstraint("name", name="uq_categories_name"),
        ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name="fk_categories_parent_id", ondelete="RESTRICT"
        ),
        CheckConstraint("parent_id <> id", name="ck_categories_parent"),
        Index("ix_categories_parent_id", "parent_id"),
    )

    name: Mapped[str] = mapped_column(collated(100))
    parent_id: Mapped[UUID | None] = mapped_column(Uuid)


class Book(Entity):
    """A book: its price in minor units, copies on hand and promised, the sum of its ratings."""

    __tablename__ = "books"
    __table_args__ = (
        UniqueConstraint("isbn", name="uq_books_isbn"),
        CheckConstraint("price_amount BETWEEN 1 AND 99999999", name="ck_books_price"),
        CheckConstraint(
            "0 <= reserved AND reserved <= on_hand AND on_hand <= 999999999", name="ck_books_stock"
        ),
        CheckConstraint(
            "published_year IS NULL OR published_year BETWEEN -3000 AND 2100", name="ck_books_year"
        ),
        CheckConstraint(
            "rating_count >= 0 AND rating_sum BETWEEN rating_count AND 5 * rating_count",
            name="ck_books_rating",
        ),
    )

    isbn: Mapped[str] = mapped_column(collated(13))
    title: Mapped[str] = mapped_column(String(500))
    subtitle: Mapped[str | None] = mapped_column(String(500))
    description: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(6))
    published_year: Mapped[int | None]
    price_amount: Mapped[int] = mapped_column(BigInteger)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    rating_sum: Mapped[int] = mapped_column(BigInteger, default=0)
    rating_count: Mapped[int] = mapped_column(default=0)
    rating_hundredths: Mapped[int] = mapped_column(
        Computed(
            "CASE WHEN rating_count = 0 THEN 0 "
            "ELSE (200 * rating_sum + rating_count) / (2 * rating_count) END",
            persisted=True,
        )
    )
    title_key: Mapped[str] = mapped_column(collated(200))
    search_text: Mapped[str] = mapped_column(Text)


# Literals, not parameters: a query finds an expression's index only if it is spelt as there.
YEAR_ASCENDING = func.coalesce(Book.published_year, literal_column(str(NO_YEAR_ASCENDING)))
YEAR_DESCENDING = func.coalesce(Book.published_year, literal_column(str(NO_YEAR_DESCENDING)))

Index("ix_books_title", Book.title_key, Book.id)
Index("ix_books_price", Book.price_amount, Book.id)
Index("ix_books_year_asc", YEAR_ASCENDING, Book.id)
Index("ix_books_year_desc", YEAR_DESCENDING, Book.id)
Index("ix_books_rating", Book.rating_hundredths, Book.id)
Index("ix_books_newest", Book.created_at, Book.id)
Index("ix_books_language", Book.language)


class BookAuthor(Base):
    """Who wrote a book, in the order they are shown, from position 0."""

    __tablename__ = "book_authors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_book_authors_book_id", ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_book_authors_author_id", ondelete="RESTRICT"
        ),
        UniqueConstraint("book_id", "author_id", name="uq_book_authors_book_id_author_id"),
        Index("ix_book_authors_author_id", "author_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    book_id: Mapped[UUID] = mapped_column(Uuid)
    author_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int]


class BookCategory(Base):
    """Where a book belongs."""

    __tablename__ = "book_categories"
    __table_args__ = (
        ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_book_categories_book_id", ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["category_id"],
            ["categories.id"],
            name="fk_book_categories_category_id",
            ondelete="RESTRICT",
        ),
        UniqueConstraint("book_id", "category_id", name="uq_book_categories_book_id_category_id"),
        Index("ix_book_categories_category_id", "category_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    book_id: Mapped[UUID] = mapped_column(Uuid)
    category_id: Mapped[UUID] = mapped_column(Uuid)
