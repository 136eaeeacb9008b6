"""`bookstore seed`: files beside the contract, books made up by runtime.md's rule, demo users."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator

import pytest

from harness import ROOT, formats, people
from harness.branch import Branch, branch_of
from harness.client import refused, succeeded
from harness.contract import Json
from harness.server import Server
from harness.shop import Shop, price
from harness.target import Ground

SEED = ROOT / "spec" / "seed"
CATALOGUE = SEED / "books.csv"
LISTS = ("/books", "/authors", "/categories", "/users")
MADE_UP = 20
PASSWORD = "bookstore-demo"  # everybody's
DEMO_USERS = {
    "admin@bookstore.example": "admin",
    "staff@bookstore.example": "staff",
    "customer@bookstore.example": "customer",
    "reader@bookstore.example": "customer",
}

pytestmark = pytest.mark.slow

Row = dict[str, str]


@pytest.fixture(scope="module")
def seeded(ground: Ground) -> Iterator[Branch]:
    """A shop that begins with the seed catalogue, as production does."""
    server = ground.prepare("seeded", pays=False)
    seed(server, "--books", str(MADE_UP), env="production")
    with branch_of(ground, server) as branch:
        yield branch


def seed(server: Server, *options: str, env: str) -> None:
    environment = {**server.environment, "BOOKSTORE_ENV": env}
    server.implementation.run_well("seed", *options, environment=environment)


def rows_of(text: str) -> list[Row]:
    """A file's rows. In which order it names a book's categories says nothing."""
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    for row in rows:
        row["categories"] = "; ".join(sorted(row["categories"].split("; ")))
    return rows


def made_up(number: int) -> Row:
    """The exported row of a book that is no more than its number."""
    words = json.loads((SEED / "words.json").read_text("utf-8"))
    byte = hashlib.sha256(f"book:{number}".encode()).digest()
    twelve = f"9799{number:08}"
    adjective, noun = words["adjectives"][byte[0] % 64], words["nouns"][byte[1] % 64]
    return {
        "isbn": twelve + formats.check_digit(twelve),
        "title": f"{adjective} {noun} of {words['places'][byte[2] % 64]} {number}",
        "subtitle": "",
        "authors": f"{words['first_names'][byte[3] % 64]} {words['last_names'][byte[4] % 128]}",
        "language": words["languages"][byte[5] % 8],
        "published_year": str(1900 + byte[6] % 125),
        "price_amount": str(499 + 20 * byte[7]),
        "stock": str(byte[8] % 60),
        "categories": "",
    }


def test_the_books_are_those_of_the_file_and_of_the_rule(seeded: Branch) -> None:
    expected = rows_of(CATALOGUE.read_text("utf-8"))
    expected += map(made_up, range(1, MADE_UP + 1))
    exported = rows_of(Shop(seeded.admin).export().decode())
    assert exported == sorted(expected, key=lambda row: row["isbn"])


def test_the_categories_are_those_of_the_file(seeded: Branch) -> None:
    found = seeded.anyone.walk("/categories", limit=100)
    names = {category["id"]: category["name"] for category in found}
    shown = {category["name"]: names.get(category["parent_id"], "") for category in found}
    with (SEED / "categories.csv").open(encoding="utf-8", newline="") as file:
        assert shown == {row["name"]: row["parent"] for row in csv.DictReader(file)}


def test_seeding_again_changes_nothing(seeded: Branch) -> None:
    """Whatever people have made of it since: a shop may be seeded whenever it starts."""
    admin, shop = seeded.admin, Shop(seeded.admin)

    def seen() -> list[Json]:
        listed = [admin.walk(path, limit=100) for path in LISTS]
        some = [f"/books/{book['id']}" for book in listed[0][::30]]
        return [*listed, shop.export(), *map(admin.etag, some)]

    books = {book["isbn"]: book for book in admin.walk("/books", limit=100)}
    edited, promised, *_ = (books[row["isbn"]] for row in rows_of(CATALOGUE.read_text("utf-8")))
    admin.change(f"/books/{edited['id']}", title="Another title", price=price(1))
    admin.change(f"/authors/{edited['authors'][0]['id']}", name=f"Author {formats.word()}")
    child = next(each for each in admin.walk("/categories", limit=100) if each["parent_id"])
    admin.change(f"/categories/{child['id']}", parent_id=None)
    on_hand = shop.stocked(promised, 2)["on_hand"]
    seeded.sales.order(seeded.buyer, (promised, on_hand))  # more than the file has of it
    shop.stocked(books[made_up(1)["isbn"]], 1)
    before = seen()
    seed(seeded.server, "--books", str(MADE_UP), "--no-demo-users", env="development")
    assert seen() == before


def test_demo_users_are_there_in_development_only(seeded: Branch) -> None:
    logins = [{"email": email, "password": PASSWORD} for email in DEMO_USERS]
    for login in logins:
        refused(seeded.anyone.post("/auth/login", login), 401, "invalid-credentials")
    seed(seeded.server, env="development")
    people_there = [people.join(seeded.anyone, **login) for login in logins]
    mine = [succeeded(person.client.get("/users/me")).json() for person in people_there]
    assert {each["email"]: each["role"] for each in mine} == DEMO_USERS
    renamed = people_there[0].client.change("/users/me", name="Somebody else")
    seed(seeded.server, env="development")
    assert succeeded(people_there[0].client.get("/users/me")).json() == renamed
