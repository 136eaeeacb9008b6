"""How many copies of a book can be bought: GET /books/{book_id}/availability."""

from uuid import UUID

from bookstore.auth import Operations
from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request


class AvailabilityOperations(Operations):
    """What can be bought."""

    def get_availability(self, request: Request, book_id: UUID) -> HttpResponse:
        """Answer `{"book_id": "…", "available": 7, "in_stock": true}`."""
        raise NotImplementedError


urlpatterns = [
    path(
        "books/<id:book_id>/availability",
        AvailabilityOperations.as_view({"get": "get_availability"}),
    ),
]
