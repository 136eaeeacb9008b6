"""What a test owns of the catalogue, made through the API."""

import json
from functools import cached_property
from typing import Any

from harness import formats, pictures
from harness.client import Client, succeeded
from harness.contract import Json
from harness.formats import CURRENCY


def price(amount: int = 1299) -> Json:
    """What one copy costs."""
    return {"amount": amount, "currency": CURRENCY}


def row_of(book: Json, **members: Json) -> Json:
    """A book as a row of an import, with some members set otherwise."""
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
    """The catalogue as staff fill it."""

    def __init__(self, staff: Client) -> None:
        self.staff = staff

    @cached_property
    def _author_id(self) -> str:
        """Who wrote what nobody else did."""
        return str(self.author()["id"])

    def author(self, name: str | None = None, **members: Json) -> Json:
        body = {"name": name or f"Author {formats.word()}", **members}
        return succeeded(self.staff.post("/authors", body), 201).json()

    def category(self, name: str | None = None, parent: Json = None) -> Json:
        """A new category, below another one where that is given."""
        parent_id = parent and parent["id"]
        body = {"name": name or f"Category {formats.word()}", "parent_id": parent_id}
        return succeeded(self.staff.post("/categories", body), 201).json()

    def book_members(self, **members: Json) -> Json:
        """What `createBook` takes: a right body, with some members set otherwise."""
        title = f"Book {formats.word()}"
        named = {"isbn": formats.isbn(), "title": title, "author_ids": [self._author_id]}
        return {**named, "price": price(), **members}

    def book(self, **members: Json) -> Json:
        return succeeded(self.staff.post("/books", self.book_members(**members)), 201).json()

    def edited(self, book: Json) -> str:
        """When a book was last edited by somebody: sales, reviews and other names are no edit."""
        return str(succeeded(self.staff.get(f"/books/{book['id']}")).json()["updated_at"])

    def books(self, how_many: int, **members: Json) -> list[Json]:
        """Some new books by one new author."""
        shared = {"author_ids": [self.author()["id"]], **members}
        return [self.book(**shared) for _ in range(how_many)]

    def stocked(self, book: Json, delta: int, **members: Json) -> Json:
        """The ledger's entry for copies that came or went."""
        return succeeded(
            self.adjust(book, {"delta": delta, "reason": "received", **members})
        ).json()

    def adjust(self, book: Json, body: Json, key: str | None = None) -> Any:
        """The answer to a stock adjustment under a key of its own, or a given one."""
        headers = {"Idempotency-Key": key or formats.word()}
        return self.staff.post(f"/books/{book['id']}/stock-adjustments", body, headers=headers)

    def cover(self, book: Json, picture: bytes = pictures.JPEG, kind: str = "image/jpeg") -> str:
        """Set a book's first cover; its path."""
        path = f"/books/{book['id']}/cover"
        headers = {"Content-Type": kind, "If-None-Match": "*"}
        succeeded(self.staff.put(path, content=picture, headers=headers), 201)
        return path

    def import_csv(self, text: str | bytes, **params: str) -> Any:
        """The answer to an import of CSV."""
        headers = {"Content-Type": "text/csv"}
        return self.staff.post("/books/import", content=text, headers=headers, params=params)

    def import_rows(self, rows: list[Json], **params: str) -> Any:
        """The answer to an import of NDJSON, an object a row."""
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        headers = {"Content-Type": "application/x-ndjson"}
        return self.staff.post("/books/import", content=lines, headers=headers, params=params)

    def export(self, media_type: str = "text/csv") -> bytes:
        """The whole catalogue as a file."""
        answer = self.staff.get("/books/export", headers={"Accept": media_type})
        return bytes(succeeded(answer, 200).content)

    def by_isbn(self, isbn: str) -> Json:
        """The exported row of a book."""
        rows = map(json.loads, self.export("application/x-ndjson").splitlines())
        return next((row for row in rows if row["isbn"] == isbn), None)
