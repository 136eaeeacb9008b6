"""How many copies of a book can be bought: GET /books/{book_id}/availability."""

from uuid import UUID

from bookstore.auth import Operations, operation
from bookstore.catalogue.models import Book
from bookstore.errors import NotFound
from bookstore.http import answer, not_modified, version_tag
from django.db.models import F
from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request


class AvailabilityOperations(Operations):
    """What can be bought."""

    @operation("public")
    def get_availability(self, request: Request, book_id: UUID) -> HttpResponse:
        """Answer `{"book_id": "…", "available": 7, "in_stock": true}`."""
        books = Book.objects.annotate(available=F("on_hand") - F("reserved")).filter(id=book_id)
        row = books.values_list("version", "available", named=True).first()
        if row is None:
            raise NotFound
        etag = version_tag(row.version)
        shown = {"book_id": str(book_id), "available": row.available, "in_stock": row.available > 0}
        return not_modified(request, etag, public=True) or answer(shown, etag=etag, public=True)


urlpatterns = [
    path(
        "books/<id:book_id>/availability",
        AvailabilityOperations.as_view({"get": "get_availability"}),
    ),
]
