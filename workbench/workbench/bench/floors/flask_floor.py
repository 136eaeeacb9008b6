"""The floor of Flask."""

from uuid import UUID

from flask import Flask, Response, request

from workbench.bench.floors import wsgi_operations as operations
from workbench.bench.floors.answers import Answer

app = Flask(__name__)


def _send(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers)


@app.get("/health/live")
def live() -> Response:
    """Return getLiveness's answer."""
    return _send(operations.live())


@app.get("/books/<uuid:book_id>")
def get_book(book_id: UUID) -> Response:
    """Return getBook's answer."""
    return _send(operations.get_book(book_id, request.headers.get("If-None-Match")))


@app.get("/books")
def list_books() -> Response:
    """Return listBooks's answer."""
    return _send(operations.list_books(request.args.get("q")))


@app.get("/users/me")
def get_me() -> Response:
    """Return getMe's answer."""
    return _send(operations.get_me(request.headers["Authorization"]))


@app.post("/auth/login")
def login() -> Response:
    """Return login's answer."""
    return _send(operations.login(request.get_data(), request.remote_addr or ""))


@app.post("/orders")
def place_order() -> Response:
    """Return placeOrder's answer."""
    authorization, key = (request.headers[name] for name in ("Authorization", "Idempotency-Key"))
    return _send(operations.place_order(authorization, key, request.get_data()))
