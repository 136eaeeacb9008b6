"""The answers of the floors as the contract defines them. A row is a mapping of columns."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from workbench.bench.floors import tokens

Row = Mapping[str, Any]
Json = dict[str, Any]

CURRENCY = "EUR"
LIMIT = 20
LIVE = {"status": "ok"}
PUBLIC, PRIVATE = "no-cache", "no-store"


class Answer(NamedTuple):
    """An answer, for a framework to send."""

    body: bytes
    headers: dict[str, str]
    status: int = 200


def headers(cache: str = PRIVATE, **more: str) -> dict[str, str]:
    """Return the headers of a JSON answer; `more` holds others by their names."""
    return {"Content-Type": "application/json", "Cache-Control": cache, **more}


def version_tag(row: Row) -> str:
    """Return the entity tag of a row."""
    return f'"v{row["version"]}"'


def not_modified(tag: str) -> Answer:
    """Return a 304 for a public representation."""
    return Answer(b"", {"ETag": tag, "Cache-Control": PUBLIC}, 304)


def timestamp(moment: datetime) -> str:
    """Return a moment in UTC as RFC 3339 with microseconds."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def money(amount: int) -> Json:
    """Return the contract's Money."""
    return {"amount": amount, "currency": CURRENCY}


def named(rows: Iterable[Row]) -> list[Json]:
    """Return the ids and names of authors or categories."""
    return [{"id": str(row["id"]), "name": row["name"]} for row in rows]


def summary(book: Row, authors: Iterable[Row]) -> Json:
    """Return the contract's BookSummary."""
    count = book["rating_count"]
    return {
        "id": str(book["id"]),
        "isbn": book["isbn"],
        "title": book["title"],
        "subtitle": book["subtitle"],
        "authors": named(authors),
        "language": book["language"],
        "published_year": book["published_year"],
        "price": money(book["price_amount"]),
        "stock": {
            "on_hand": book["on_hand"],
            "reserved": book["reserved"],
            "available": book["on_hand"] - book["reserved"],
        },
        "rating": {"average": book["rating_hundredths"] / 100 if count else None, "count": count},
        "cover_url": f"/books/{book['id']}/cover" if book["has_cover"] else None,
    }


def book(row: Row, authors: Iterable[Row], categories: Iterable[Row]) -> Json:
    """Return the contract's Book."""
    return {
        **summary(row, authors),
        "description": row["description"],
        "categories": named(categories),
        "created_at": timestamp(row["created_at"]),
        "updated_at": timestamp(row["updated_at"]),
    }


def page(books: Sequence[Row], authors: Iterable[Row]) -> Json:
    """Return the contract's BookPage of rows that hold one more than a page has."""
    authors_of = defaultdict(list)
    for author in authors:
        authors_of[author["book_id"]].append(author)
    shown = books[:LIMIT]
    return {
        "items": [summary(row, authors_of[row["id"]]) for row in shown],
        "next_cursor": _cursor(shown[-1]) if len(books) > LIMIT else None,
    }


def _cursor(row: Row) -> str:
    value = ["newest", timestamp(row["created_at"]), str(row["id"])]
    text = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def search_pattern(q: str) -> str:
    """Return the LIKE pattern of a search for one plain word."""
    return f"% {q.casefold()}%"


def user(row: Row) -> Json:
    """Return the contract's User."""
    return {
        "id": str(row["id"]),
        "email": row["email"],
        "name": row["name"],
        "role": row["role"],
        "disabled": row["disabled"],
        "created_at": timestamp(row["created_at"]),
        "updated_at": timestamp(row["updated_at"]),
    }


def token_pair(user_id: UUID, session_id: UUID, refresh_token: str) -> Json:
    """Return the contract's TokenPair, with a new access token."""
    return {
        "access_token": tokens.access_token(user_id, session_id),
        "token_type": "Bearer",
        "expires_in": tokens.ACCESS_SECONDS,
        "refresh_token": refresh_token,
        "refresh_expires_in": tokens.REFRESH_SECONDS,
    }
