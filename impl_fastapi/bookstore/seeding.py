"""`bookstore seed`: the catalogue beside the contract, synthetic books, demo users (runtime.md)."""

import csv
import hashlib
import io
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .accounts.models import User, users
from .accounts.tokens import hash_password
from .bulk.formats import CSV, NDJSON
from .bulk.services import import_books
from .catalogue.models import Category
from .settings import current_settings
from .text import isbn_check_digit

DEMO_PASSWORD = "bookstore-demo"
DEMO_USERS = (
    ("admin@bookstore.example", "Alex Admin", "admin"),
    ("staff@bookstore.example", "Sam Staff", "staff"),
    ("customer@bookstore.example", "Cleo Customer", "customer"),
    ("reader@bookstore.example", "Rory Reader", "customer"),
)


async def seed(session: AsyncSession, *, books: int, demo_users: bool) -> None:
    """Put in what is not there yet; what is there stays as people have made it since."""
    await _seed_categories(session)
    folder = current_settings().spec_dir / "seed"
    with (folder / "books.csv").open("rb") as file:
        await _import(session, file, CSV)
    if books:
        words = json.loads((folder / "words.json").read_text())
        for start in range(1, books + 1, 10_000):
            some = range(start, min(books, start + 9_999) + 1)
            lines = "".join(json.dumps(_synthetic_book(words, i)) + "\n" for i in some)
            await _import(session, io.BytesIO(lines.encode()), NDJSON)
    if demo_users:
        await _seed_users(session)


async def _import(session: AsyncSession, file: Any, media_type: str) -> None:
    await import_books(
        session, file=file, media_type=media_type, on_error="abort", user_id=None, only_new=True
    )


async def _seed_categories(session: AsyncSession) -> None:
    known = {c.name: c.id for c in await session.scalars(select(Category))}
    path = current_settings().spec_dir / "seed" / "categories.csv"
    for row in csv.DictReader(path.read_text().splitlines()):
        if row["name"] not in known:
            parent_id = known[row["parent"]] if row["parent"] else None
            category = Category(name=row["name"], parent_id=parent_id)
            session.add(category)
            known[category.name] = category.id
            await session.flush()  # a parent comes before its children


async def _seed_users(session: AsyncSession) -> None:
    known = set(await session.scalars(select(users.email)))
    for email, name, role in DEMO_USERS:
        if email not in known:
            password_hash = await hash_password(DEMO_PASSWORD)
            session.add(User(email=email, name=name, role=role, password_hash=password_hash))


def _synthetic_book(words: dict[str, list[str]], number: int) -> dict[str, Any]:
    h = hashlib.sha256(f"book:{number}".encode()).digest()
    first12 = f"9799{number:08}"
    noun, place = words["nouns"][h[1] % 64], words["places"][h[2] % 64]
    return {
        "isbn": first12 + isbn_check_digit(first12),
        "title": f"{words['adjectives'][h[0] % 64]} {noun} of {place} {number}",
        "authors": [f"{words['first_names'][h[3] % 64]} {words['last_names'][h[4] % 128]}"],
        "language": words["languages"][h[5] % 8],
        "published_year": 1900 + h[6] % 125,
        "price_amount": 499 + 20 * h[7],
        "stock": h[8] % 60,
    }
