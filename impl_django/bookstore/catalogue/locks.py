"""Row locks until the transaction ends: books first, each table in id order (storage.md)."""

from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ..errors import NotFound
from .models import Author, Book, Category

Row = TypeVar("Row", Author, Category, Book)


def lock_book(book_id: UUID) -> Book:
    """A book.

    Raises:
        NotFound: there is none with this id.
    """
    return lock_row(Book, book_id)


def lock_books(ids: Any) -> list[Book]:
    """Books, in id order."""
    return list(Book.objects.filter(id__in=ids).order_by("id").select_for_update())


def lock_row(model: type[Row], ident: UUID) -> Row:
    """A book, an author or a category.

    Raises:
        NotFound: there is none with this id.
    """
    found = model.objects.select_for_update().filter(id=ident).first()
    if found is None:
        raise NotFound
    return found


def lock_renamed(
    changes: dict[str, Any], model: type[Row], ident: UUID, links: QuerySet[Any]
) -> tuple[Row, list[Book]]:
    """Lock a row that is about to change, and first, if its name changes, the books in `links`.

    If a book was linked in the meantime, releases all locks and starts again with that book.

    Raises:
        NotFound: there is no row with this id.
    """
    while "name" in changes:
        with transaction.atomic():
            books = lock_books(links.values("book"))
            row = lock_row(model, ident)
            if {book.id for book in books} == set(links.values_list("book", flat=True)):
                return row, books
            transaction.set_rollback(True)
    return lock_row(model, ident), []
