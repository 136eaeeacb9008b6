"""Every table of storage.md, in one Django app, because one layout version counts them all."""

from django.db import models

from .accounts.models import Session, User
from .catalogue.models import Author, Book, BookAuthor, BookCategory, Category
from .covers.models import Cover
from .idempotency import IdempotencyKey
from .orders.models import Order, OrderLine
from .payments.models import Payment, PaymentEvent, Refund
from .reviews.models import Review
from .stock.models import StockAdjustment

__all__ = [
    "Author",
    "Book",
    "BookAuthor",
    "BookCategory",
    "Category",
    "Cover",
    "IdempotencyKey",
    "Order",
    "OrderLine",
    "Payment",
    "PaymentEvent",
    "Refund",
    "Review",
    "SchemaVersion",
    "Session",
    "StockAdjustment",
    "User",
]


class SchemaVersion(models.Model):
    """The layout's version, in one row."""

    version = models.IntegerField(primary_key=True)

    class Meta:
        db_table = "schema_version"
