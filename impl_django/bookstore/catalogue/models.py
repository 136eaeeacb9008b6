"""What is stored of the catalogue (storage.md: authors, categories, books and their links).

`DO_NOTHING`: the database itself cascades and restricts.
"""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from ..database import Versioned

NO_YEAR_LAST, NO_YEAR_FIRST = 32_767, -32_768


class Author(Versioned):
    """Who wrote a book."""

    name = models.CharField(max_length=200)
    biography = models.TextField(null=True, blank=True)

    class Meta:
        db_table = "authors"
        constraints = (models.UniqueConstraint(fields=("name",), name="uq_authors_name"),)

    def __str__(self) -> str:
        return self.name


class Category(Versioned):
    """A node of the category tree."""

    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, blank=True, db_index=False, related_name="children"
    )

    class Meta:
        db_table = "categories"
        verbose_name_plural = "categories"
        indexes = (models.Index(fields=("parent",), name="ix_categories_parent_id"),)
        constraints = (
            models.UniqueConstraint(fields=("name",), name="uq_categories_name"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="ck_categories_parent"),
        )

    def __str__(self) -> str:
        return self.name


class Book(Versioned):
    """A title, its price and its stock; amounts in minor units."""

    isbn = models.CharField(max_length=13)
    title = models.CharField(max_length=500)
    subtitle = models.CharField(max_length=500, null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    language = models.CharField(max_length=6, null=True, blank=True)
    published_year = models.IntegerField(null=True, blank=True)
    price_amount = models.BigIntegerField()
    on_hand = models.IntegerField(default=0, editable=False)
    reserved = models.IntegerField(default=0, editable=False)
    rating_sum = models.BigIntegerField(default=0, editable=False)
    rating_count = models.IntegerField(default=0, editable=False)
    rating_hundredths = models.GeneratedField(
        expression=Case(
            When(rating_count=0, then=0),
            default=(200 * F("rating_sum") + F("rating_count")) / (2 * F("rating_count")),
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    title_key = models.CharField(max_length=200, editable=False)
    search_text = models.TextField(editable=False)

    class Meta:
        """The table; `ix_books_search`, which only PostgreSQL has, is in the migration."""

        db_table = "books"
        indexes: ClassVar = (
            models.Index(fields=("title_key", "id"), name="ix_books_title"),
            models.Index(fields=("price_amount", "id"), name="ix_books_price"),
            models.Index(
                Coalesce("published_year", Value(NO_YEAR_LAST)), "id", name="ix_books_year_asc"
            ),
            models.Index(
                Coalesce("published_year", Value(NO_YEAR_FIRST)), "id", name="ix_books_year_desc"
            ),
            models.Index(fields=("rating_hundredths", "id"), name="ix_books_rating"),
            models.Index(fields=("created_at", "id"), name="ix_books_newest"),
            models.Index(fields=("language",), name="ix_books_language"),
        )
        constraints: ClassVar = (
            models.UniqueConstraint(fields=("isbn",), name="uq_books_isbn"),
            models.CheckConstraint(
                condition=Q(price_amount__range=(1, 99_999_999)), name="ck_books_price"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand"), on_hand__lte=999_999_999),
                name="ck_books_stock",
            ),
            models.CheckConstraint(
                condition=Q(published_year=None) | Q(published_year__range=(-3000, 2100)),
                name="ck_books_year",
            ),
            models.CheckConstraint(
                condition=Q(
                    rating_count__gte=0,
                    rating_sum__range=(F("rating_count"), 5 * F("rating_count")),
                ),
                name="ck_books_rating",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.isbn})"


class BookAuthor(models.Model):
    """An author of a book, at their place."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    book = models.ForeignKey(Book, models.DO_NOTHING, db_index=False)
    author = models.ForeignKey(Author, models.DO_NOTHING, db_index=False)
    position = models.IntegerField()

    class Meta:
        db_table = "book_authors"
        indexes = (models.Index(fields=("author",), name="ix_book_authors_author_id"),)
        constraints = (
            models.UniqueConstraint(
                fields=("book", "author"), name="uq_book_authors_book_id_author_id"
            ),
        )


class BookCategory(models.Model):
    """A category of a book."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    book = models.ForeignKey(Book, models.DO_NOTHING, db_index=False)
    category = models.ForeignKey(Category, models.DO_NOTHING, db_index=False)

    class Meta:
        db_table = "book_categories"
        indexes = (models.Index(fields=("category",), name="ix_book_categories_category_id"),)
        constraints = (
            models.UniqueConstraint(
                fields=("book", "category"), name="uq_book_categories_book_id_category_id"
            ),
        )
