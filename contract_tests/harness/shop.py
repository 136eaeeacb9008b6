"""Authors, categories, books and covers that a test creates through the API."""

import json
from functools import cached_property
from typing import Any

from harness import formats, pictures
from harness.client import Client, succeeded
from harness.contract import Json
from harness.formats import CURRENCY


def price(amount: int = 1299) -> Json:
    """Return a price in the shop's currency."""
    return {"amount": amount, "currency": CURRENCY}


def row_of(book: Json, **members: Json) -> Json:
    """Return a book as a row of an import, with some members changed."""
    return {
        "isbn": book["isbn"],
        "title": book["title"],
        "authors": [author["name"] for author in book["authors"]],
        "language": None,
        "published_year": None,
        "price_amount": book["price"]["amount"],
        "stock": 1,
        **members,
    }


class Shop:
    """Creates parts of the catalogue as a member of staff."""

    def __init__(self, staff: Client) -> None:
        self.staff = staff

    @cached_property
    def _author_id(self) -> str:
        """The default author of new books."""
        return str(self.author()["id"])

    def author(self, name: str | None = None, **members: Json) -> Json:
        """Create an author and return it."""
        body = {"name": name or f"Author {formats.word()}", **members}
        return succeeded(self.staff.post("/authors", body), 201).json()

    def category(self, name: str | None = None, parent: Json = None) -> Json:
        """Create a category, below `parent` if given, and return it."""
        parent_id = parent and parent["id"]
        body = {"name": name or f"Category {formats.word()}", "parent_id": parent_id}
        return succeeded(self.staff.post("/categories", body), 201).json()

    def book_members(self, **members: Json) -> Json:
        """Return a valid body for `createBook`, with some members changed."""
        title = f"Book {formats.word()}"
        named = {"isbn": formats.isbn(), "title": title, "author_ids": [self._author_id]}
        return {**named, "price": price(), **members}

    def book(self, **members: Json) -> Json:
        """Create a book and return it."""
        return succeeded(self.staff.post("/books", self.book_members(**members)), 201).json()

    def edited(self, book: Json) -> str:
        """Return a book's `updated_at`, which only edits by staff change."""
        return str(succeeded(self.staff.get(f"/books/{book['id']}")).json()["updated_at"])

    def books(self, how_many: int, **members: Json) -> list[Json]:
        """Create some books by one new author."""
        shared = {"author_ids": [self.author()["id"]], **members}
        return [self.book(**shared) for _ in range(how_many)]

    def stocked(self, book: Json, delta: int, **members: Json) -> Json:
        """Adjust a book's stock and return the ledger entry."""
        return succeeded(
            self.adjust(book, {"delta": delta, "reason": "received", **members})
        ).json()

    def adjust(self, book: Json, body: Json, key: str | None = None) -> Any:
        """Send a stock adjustment under a new key, or a given one; return the response."""
        headers = {"Idempotency-Key": key or formats.word()}
        return self.staff.post(f"/books/{book['id']}/stock-adjustments", body, headers=headers)

    def cover(self, book: Json, picture: bytes = pictures.JPEG, kind: str = "image/jpeg") -> str:
        """Set a book's first cover and return the cover's path."""
        path = f"/books/{book['id']}/cover"
        headers = {"Content-Type": kind, "If-None-Match": "*"}
        succeeded(self.staff.put(path, content=picture, headers=headers), 201)
        return path

    def import_csv(self, text: str | bytes, **params: str) -> Any:
        """Import CSV and return the response."""
        headers = {"Content-Type": "text/csv"}
        return self.staff.post("/books/import", content=text, headers=headers, params=params)

    def import_rows(self, rows: list[Json], **params: str) -> Any:
        """Import rows as NDJSON and return the response."""
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        headers = {"Content-Type": "application/x-ndjson"}
        return self.staff.post("/books/import", content=lines, headers=headers, params=params)

    def export(self, media_type: str = "text/csv") -> bytes:
        """Export the whole catalogue as a file."""
        answer = self.staff.get("/books/export", headers={"Accept": media_type})
        return bytes(succeeded(answer, 200).content)

    def by_isbn(self, isbn: str) -> Json:
        """Return the exported row of a book, or None."""
        rows = map(json.loads, self.export("application/x-ndjson").splitlines())
        return next((row for row in rows if row["isbn"] == isbn), None)
