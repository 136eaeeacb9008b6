"""A small fourth bookstore with known bugs: the contract suite must find them.

It has accounts, authors and books, and no other part of the contract. It does not validate input:
a malformed token, `limit=-1` or a title of 300 characters causes a 500, and any text is accepted
as a price. Its list of books shows an invented stock for each book.
"""

import json
import re
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

Answer = tuple[int, Any]
Book = dict[str, Any]

ADMIN = {"email": "admin@wrong.example", "password": "wrong but willing", "name": "Admin"}
PROBLEMS = "https://bookstore.example/problems"
TITLES = {
    "unauthenticated": "A valid access token is required",
    "invalid-credentials": "The credentials are not valid",
    "not-found": "Not found",
}
LIFETIMES = {"expires_in": 900, "refresh_expires_in": 1_209_600}
LONGEST_TITLE = 255

NONE = {"on_hand": 0, "reserved": 0, "available": 0}
INVENTED = {"on_hand": 42, "reserved": 0, "available": 42}
NEW_BOOK: Book = {
    **dict.fromkeys(("subtitle", "language", "published_year", "cover_url", "description")),
    "stock": NONE,
    "rating": {"average": None, "count": 0},
    "categories": [],
}


class Refused(Exception):
    """A request is refused with a problem."""

    def __init__(self, status: int, slug: str) -> None:
        """Take the status and the last part of the problem type."""
        self.status = status
        self.slug = slug


class WrongShop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    users: ClassVar[dict[str, dict[str, Any]]] = {}
    authors: ClassVar[dict[str, dict[str, Any]]] = {}
    books: ClassVar[dict[str, Book]] = {}

    def answer(self) -> None:
        """Send the response of the matching route. An exception becomes a 500 in plain text."""
        self.request_id = str(uuid.uuid4())
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        self.path, _, query = self.path.partition("?")
        self.query = dict(parse_qsl(query))
        try:
            status, value = self.serve()
            self.send(status, value)
        except Refused as refused:
            self.send(refused.status, self.problem(refused))
        except Exception as error:  # noqa: BLE001 -- frameworks answer every exception with a 500
            self.send(500, f"{type(error).__name__}: {error}")

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 -- http.server calls these names

    def serve(self) -> Answer:
        """Call the handler of the first route that matches."""
        for method, pattern, handler in ROUTES:
            if method == self.command and (found := re.fullmatch(pattern, self.path)):
                return handler(self, *found.groups())
        raise Refused(404, "not-found")

    def caller(self) -> dict[str, Any]:
        """Return the user of the token. A malformed or unknown token raises an exception."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refused(401, "unauthenticated")
        return self.users[token.split(".")[1]]  # an IndexError or a KeyError becomes a 500

    def send(self, status: int, value: object) -> None:
        """Send a string as plain text, and any other value as JSON."""
        content = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        media_type = "text/plain" if isinstance(value, str) else "application/json"
        if isinstance(value, dict) and "type" in value:
            media_type = "application/problem+json"
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Request-Id", self.request_id)
        seen_by_all = (
            self.command == "GET" and status == HTTPStatus.OK and self.path.startswith("/books")
        )
        self.send_header("Cache-Control", "no-cache" if seen_by_all else "no-store")
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        if isinstance(value, dict) and "id" in value:
            self.send_header("ETag", f'"{value["updated_at"]}"')
            self.send_header("Location", f"{self.path}/{value['id']}")
        self.end_headers()
        self.wfile.write(content)

    def problem(self, refused: Refused) -> dict[str, Any]:
        """Return the body of a problem, in the form that the contract specifies."""
        return {
            "type": f"{PROBLEMS}/{refused.slug}",
            "title": TITLES[refused.slug],
            "status": refused.status,
            "detail": "It is wrong.",
            "instance": self.path,
            "request_id": self.request_id,
        }

    def handle(self) -> None:
        """Close the connection without a response if the request cannot be read."""
        with suppress(Exception):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Suppress the log of the HTTP server."""


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def stored(table: dict[str, dict[str, Any]], **members: object) -> dict[str, Any]:
    row_id = str(uuid.uuid4())
    table[row_id] = {"id": row_id, **members, "created_at": now(), "updated_at": now()}
    return table[row_id]


def ready(_: WrongShop) -> Answer:
    return 200, {"status": "ready", "checks": {"database": "up", "redis": "up"}}


def register(shop: WrongShop) -> Answer:
    body = json.loads(shop.body)
    return 201, shown(stored(shop.users, role="customer", disabled=False, **body))


def log_in(shop: WrongShop) -> Answer:
    body = json.loads(shop.body)
    for user in shop.users.values():
        if (user["email"], user["password"]) == (body["email"], body["password"]):
            tokens = {"access_token": f"wrong.{user['id']}.shop", "refresh_token": user["id"]}
            return 200, {**tokens, **LIFETIMES, "token_type": "Bearer"}
    raise Refused(401, "invalid-credentials")


def shown(user: dict[str, Any]) -> dict[str, Any]:
    """Return the user without the password."""
    return {name: value for name, value in user.items() if name != "password"}


def get_me(shop: WrongShop) -> Answer:
    return 200, shown(shop.caller())


def update_user(shop: WrongShop, user_id: str) -> Answer:
    shop.caller()
    shop.users[user_id] |= json.loads(shop.body)
    return 200, shown(shop.users[user_id])


def get_user(shop: WrongShop, user_id: str) -> Answer:
    shop.caller()
    return 200, shown(shop.users[user_id])


def create_author(shop: WrongShop) -> Answer:
    shop.caller()
    return 201, stored(shop.authors, **{"biography": None, **json.loads(shop.body)})


def create_book(shop: WrongShop) -> Answer:
    shop.caller()
    body = json.loads(shop.body)
    if len(body["title"]) > LONGEST_TITLE:
        raise ValueError("value too long for type character varying(255)")
    authors = [shop.authors[author_id] for author_id in body.pop("author_ids")]
    refs = [{"id": author["id"], "name": author["name"]} for author in authors]
    return 201, stored(shop.books, **{**NEW_BOOK, **body, "authors": refs})


def list_books(shop: WrongShop) -> Answer:
    limit = int(shop.query.get("limit", 20))
    if limit < 0:
        raise ValueError("LIMIT must not be negative")
    author_id = shop.query.get("author_id")
    books = [
        book
        for book in reversed(shop.books.values())
        if author_id in {None, *(author["id"] for author in book["authors"])}
    ]
    items = [{**book, "stock": INVENTED} for book in books[:limit]]
    for item in items:
        for name in ("description", "categories", "created_at", "updated_at"):
            del item[name]
    return 200, {"items": items, "next_cursor": None}


def get_book(shop: WrongShop, book_id: str) -> Answer:
    if book_id not in shop.books:
        raise Refused(404, "not-found")
    return 200, shop.books[book_id]


ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", "/health/ready", ready),
    ("POST", "/users", register),
    ("POST", "/auth/login", log_in),
    ("GET", "/users/me", get_me),
    ("GET", "/users/([^/]+)", get_user),
    ("PATCH", "/users/([^/]+)", update_user),
    ("POST", "/authors", create_author),
    ("POST", "/books", create_book),
    ("GET", "/books", list_books),
    ("GET", "/books/([^/]+)", get_book),
]


def main(port: str) -> None:
    """Serve until the process is killed."""
    stored(WrongShop.users, role="admin", disabled=False, **ADMIN)
    ThreadingHTTPServer(("127.0.0.1", int(port)), WrongShop).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
