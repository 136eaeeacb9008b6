"""The floor of Django: URLs and views, without middleware, the ORM or Django REST Framework."""

from uuid import UUID

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from workbench.bench.floors import wsgi_operations as operations
from workbench.bench.floors.answers import Answer

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[])


def _send(answer: Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)


def live(_request: HttpRequest) -> HttpResponse:
    """Return getLiveness's answer."""
    return _send(operations.live())


def get_book(request: HttpRequest, book_id: UUID) -> HttpResponse:
    """Return getBook's answer."""
    return _send(operations.get_book(book_id, request.headers.get("If-None-Match")))


def list_books(request: HttpRequest) -> HttpResponse:
    """Return listBooks's answer."""
    return _send(operations.list_books(request.GET.get("q")))


def get_me(request: HttpRequest) -> HttpResponse:
    """Return getMe's answer."""
    return _send(operations.get_me(request.headers["Authorization"]))


def login(request: HttpRequest) -> HttpResponse:
    """Return login's answer."""
    return _send(operations.login(request.body, request.META["REMOTE_ADDR"]))


def place_order(request: HttpRequest) -> HttpResponse:
    """Return placeOrder's answer."""
    authorization, key = (request.headers[name] for name in ("Authorization", "Idempotency-Key"))
    return _send(operations.place_order(authorization, key, request.body))


urlpatterns = [
    path("health/live", live),
    path("books/<uuid:book_id>", get_book),
    path("books", list_books),
    path("users/me", get_me),
    path("auth/login", login),
    path("orders", place_order),
]

app = get_wsgi_application()
