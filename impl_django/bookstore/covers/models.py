"""What is stored of covers (storage.md: covers)."""

from django.db import models

from ..catalogue.models import Book
from ..database import MomentField, now

CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")


class Cover(models.Model):
    """A book's picture; `sha256` makes its entity tag."""

    book = models.OneToOneField(Book, models.DO_NOTHING, primary_key=True)
    content_type = models.CharField(max_length=20)
    width = models.IntegerField()
    height = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    updated_at = MomentField(default=now)

    class Meta:
        db_table = "covers"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(content_type__in=CONTENT_TYPES), name="ck_covers_content_type"
            ),
        )

    def __str__(self) -> str:
        return f"{self.content_type}, {self.width} × {self.height}"
