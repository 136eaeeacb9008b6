"""What is stored of reviews (storage.md: reviews)."""

from django.db import models

from ..accounts.models import User
from ..catalogue.models import Book
from ..database import Versioned


class Review(Versioned):
    """What a customer says of a book; a book's rating is the mean of its reviews'."""

    book = models.ForeignKey(Book, models.DO_NOTHING, db_index=False)
    user = models.ForeignKey(User, models.DO_NOTHING, db_index=False)
    rating = models.IntegerField()
    title = models.CharField(max_length=120, null=True)
    body = models.TextField(null=True)

    class Meta:
        db_table = "reviews"
        indexes = (
            models.Index(fields=("book", "created_at", "id"), name="ix_reviews_book"),
            models.Index(fields=("user",), name="ix_reviews_user_id"),
        )
        constraints = (
            models.UniqueConstraint(fields=("book", "user"), name="uq_reviews_book_id_user_id"),
            models.CheckConstraint(
                condition=models.Q(rating__range=(1, 5)), name="ck_reviews_rating"
            ),
        )

    def __str__(self) -> str:
        return f"{self.rating} of 5"
