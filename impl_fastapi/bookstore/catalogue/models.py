"""What is stored of the catalogue (storage.md: authors, categories, books and what joins them)."""

from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Computed,
    Index,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)
from sqlmodel import Column, Field, Integer

from ..database import Table, Versioned, code_points, columns

LAST: ColumnElement[int] = literal_column("32767")
FIRST: ColumnElement[int] = literal_column("-32768")
MEAN = (
    "CASE WHEN rating_count = 0 THEN 0"
    " ELSE (200 * rating_sum + rating_count) / (2 * rating_count) END"
)


class Author(Versioned, table=True):
    """Somebody who wrote books."""

    __tablename__ = "authors"
    __table_args__ = (UniqueConstraint("name"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(sa_type=code_points(200))
    biography: str | None = Field(default=None, sa_type=Text)


class Category(Versioned, table=True):
    """A node of the category tree."""

    __tablename__ = "categories"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("parent_id <> id", name="parent"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(sa_type=code_points(100))
    parent_id: UUID | None = Field(
        default=None, foreign_key="categories.id", ondelete="RESTRICT", index=True
    )


class Book(Versioned, table=True):
    """A book, its stock, its rating, and what it is found by; prices in minor units."""

    __tablename__ = "books"
    __table_args__ = (
        UniqueConstraint("isbn"),
        CheckConstraint("price_amount BETWEEN 1 AND 99999999", name="price"),
        CheckConstraint(
            "0 <= reserved AND reserved <= on_hand AND on_hand <= 999999999", name="stock"
        ),
        CheckConstraint(
            "published_year IS NULL OR published_year BETWEEN -3000 AND 2100", name="year"
        ),
        CheckConstraint(
            "rating_count >= 0 AND rating_sum BETWEEN rating_count AND 5 * rating_count",
            name="rating",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    isbn: str = Field(sa_type=code_points(13))
    title: str = Field(max_length=500)
    subtitle: str | None = Field(default=None, max_length=500)
    description: str | None = Field(default=None, sa_type=Text)
    language: str | None = Field(default=None, max_length=6)
    published_year: int | None = None
    price_amount: int = Field(sa_type=BigInteger)
    on_hand: int = 0
    reserved: int = 0
    rating_sum: int = Field(default=0, sa_type=BigInteger)
    rating_count: int = 0
    rating_hundredths: int | None = Field(
        default=None, sa_column=Column(Integer, Computed(MEAN, persisted=True), nullable=False)
    )
    title_key: str = Field(sa_type=code_points(200))
    search_text: str = Field(sa_type=Text)


books = columns(Book)
year_ascending = func.coalesce(books.published_year, LAST)
year_descending = func.coalesce(books.published_year, FIRST)
# Each for one order or filter of listBooks.
Index("ix_books_title", books.title_key, books.id)
Index("ix_books_price", books.price_amount, books.id)
Index("ix_books_year_asc", year_ascending, books.id)
Index("ix_books_year_desc", year_descending, books.id)
Index("ix_books_rating", books.rating_hundredths, books.id)
Index("ix_books_newest", books.created_at, books.id)
Index("ix_books_language", books.language)
Index(
    "ix_books_search",
    books.search_text,
    postgresql_using="gin",
    postgresql_ops={"search_text": "gin_trgm_ops"},
).ddl_if(dialect="postgresql")


class BookAuthor(Table, table=True):
    """Who wrote what, in the order they are shown (`position`, from 0)."""

    __tablename__ = "book_authors"
    __table_args__ = (UniqueConstraint("book_id", "author_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    book_id: UUID = Field(foreign_key="books.id", ondelete="CASCADE")
    author_id: UUID = Field(foreign_key="authors.id", ondelete="RESTRICT", index=True)
    position: int


class BookCategory(Table, table=True):
    """What is in which category."""

    __tablename__ = "book_categories"
    __table_args__ = (UniqueConstraint("book_id", "category_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    book_id: UUID = Field(foreign_key="books.id", ondelete="CASCADE")
    category_id: UUID = Field(foreign_key="categories.id", ondelete="RESTRICT", index=True)


authors = columns(Author)
categories = columns(Category)
book_authors = columns(BookAuthor)
book_categories = columns(BookCategory)
