"""`bookstore seed`: the catalogue beside the contract, synthetic books, demo users (runtime.md)."""

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction

from .accounts import services as accounts
from .accounts.models import User
from .bulk.formats import ImportRow, read_rows
from .bulk.services import import_books
from .catalogue.models import Category
from .text import isbn_check_digit

DEMO_PASSWORD = "bookstore-demo"
DEMO_USERS = (
    ("admin@bookstore.example", "Alex Admin", "admin"),
    ("staff@bookstore.example", "Sam Staff", "staff"),
    ("customer@bookstore.example", "Cleo Customer", "customer"),
    ("reader@bookstore.example", "Rory Reader", "customer"),
)


@transaction.atomic
def seed(*, spec_dir: Path, synthetic: int, demo_users: bool) -> None:
    """Put in what is not there yet; what is there stays as people have made it since."""
    _seed_categories(spec_dir / "seed" / "categories.csv")
    with (spec_dir / "seed" / "books.csv").open("rb") as file:
        import_books(rows=read_rows(file, "text/csv"), abort=True, only_new=True)
    if synthetic:
        words = json.loads((spec_dir / "seed" / "words.json").read_text("utf-8"))
        import_books(rows=_synthetic_rows(synthetic, words), abort=True, only_new=True)
    if demo_users:
        _seed_users()


def _seed_categories(path: Path) -> None:
    ids = dict(Category.objects.values_list("name", "id"))
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["name"] not in ids:
                parent_id = ids[row["parent"]] if row["parent"] else None
                ids[row["name"]] = Category.objects.create(name=row["name"], parent_id=parent_id).id


def _seed_users() -> None:
    for email, name, role in DEMO_USERS:
        if not User.objects.filter(email=email).exists():
            accounts.register_user(email=email, password=DEMO_PASSWORD, name=name, role=role)


def _synthetic_rows(count: int, words: dict[str, Any]) -> Iterator[ImportRow]:
    for i in range(1, count + 1):
        h = hashlib.sha256(f"book:{i}".encode()).digest()
        isbn = f"9799{i:08d}"
        adjective, noun = words["adjectives"][h[0] % 64], words["nouns"][h[1] % 64]
        title = f"{adjective} {noun} of {words['places'][h[2] % 64]} {i}"
        author = f"{words['first_names'][h[3] % 64]} {words['last_names'][h[4] % 128]}"
        yield ImportRow(
            i,
            {
                "isbn": isbn + isbn_check_digit(isbn),
                "title": title,
                "subtitle": None,
                "authors": [author],
                "language": words["languages"][h[5] % 8],
                "published_year": 1900 + h[6] % 125,
                "price_amount": 499 + 20 * h[7],
                "stock": h[8] % 60,
                "categories": [],
            },
        )
