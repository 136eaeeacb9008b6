"""What `make run` says once the shops are open: what runs where, and what to try."""

import json
import shlex

import httpx

from workbench import ROOT
from workbench.shops import DEMO_PASSWORD, DEMO_USERS, Shop

SEARCH = "hobbit"


def greeting(shops: list[Shop]) -> str:
    """The whole of it, with lines that work when they are pasted."""
    places = [f"  {shop.name:<10}{shop.url:<26}log: {relative(shop)}" for shop in shops]
    users = [f"  {email:<30}{role}" for email, role in DEMO_USERS.items()]
    return "\n".join(
        [
            "",
            "The bookstore is open." if len(shops) == 1 else "The bookstores are open.",
            "",
            *places,
            "",
            f"Demo users, each with the password {DEMO_PASSWORD}:",
            "",
            *users,
            "",
            f"Try with {shops[0].name}: a search, a book in full, a change that staff may make.",
            "",
            *(f"  {line}" for line in things_to_try(shops[0])),
            "",
            "Ctrl-C stops everything.",
        ]
    )


def relative(shop: Shop) -> str:
    """A log's path as seen from the repository."""
    return str(shop.log.relative_to(ROOT))


def things_to_try(shop: Shop) -> list[str]:
    """A staff member's token for fifteen minutes, and three requests."""
    search = f"{shop.url}/books?q={SEARCH}&limit=3"
    book, etag = found_book(search, shop)
    token = shop.token("staff@bookstore.example")
    change = (
        '-H "Authorization: Bearer $TOKEN"',
        "-H " + shlex.quote(f"If-Match: {etag}"),
        "-H 'Content-Type: application/json'",
        "-d " + shlex.quote(json.dumps({"price": {"amount": 999, "currency": "EUR"}})),
    )
    return [
        f"TOKEN={token}",
        f"curl {shlex.quote(search)}",
        f"curl -i {book}",
        f"curl -i -X PATCH {book} {' '.join(change)}",
    ]


def found_book(search: str, shop: Shop) -> tuple[str, str]:
    """The URL and the entity tag of the first book that the search finds."""
    first = httpx.get(search).raise_for_status().json()["items"][0]
    book = f"{shop.url}/books/{first['id']}"
    return book, httpx.get(book).raise_for_status().headers["ETag"]
