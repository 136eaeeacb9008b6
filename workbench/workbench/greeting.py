"""What `make run` says once the shops are open: what runs where, and what to try."""

import json
import secrets
import shlex
from pathlib import Path

import httpx

from workbench import ROOT
from workbench.shops import DEMO_PASSWORD, DEMO_USERS, Shop

SEARCH = "hobbit"
CARD = "pm_card_visa"

ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 St James Sq",
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "country": "GB",
}


def greeting(shops: list[Shop]) -> str:
    """The whole of it, with lines that work when they are pasted."""
    shop = shops[0]
    book, etag = found_book(shop)
    users = [f"  {email:<30}{role}" for email, role in DEMO_USERS.items()]
    return "\n".join(
        [
            "",
            "The bookstore is open." if len(shops) == 1 else "The bookstores are open.",
            "",
            *(f"  {line}" for each in shops for line in places(each)),
            "",
            f"Demo users, each with the password {DEMO_PASSWORD}:",
            "",
            *users,
            "",
            f"Try with {shop.name}: a search, a book in full, a change that staff may make.",
            "",
            *(f"  {line}" for line in things_to_see(shop, book, etag)),
            "",
            "Buy two copies: cart, order, payment; then the paid order, and the provider's ledger.",
            "",
            *(f"  {line}" for line in a_purchase(shop, book)),
            "",
            "Ctrl-C stops everything.",
        ]
    )


def places(shop: Shop) -> list[str]:
    """Where the shop, its page and its payment provider answer, and what each writes."""
    lines = [
        f"{shop.name:<12}{shop.url:<26}log: {relative(shop.log)}",
        f"{'  contract':<12}{shop.url}/docs",
    ]
    if shop.sandbox:
        lines.append(f"{'  payments':<12}{shop.sandbox.url:<26}log: {relative(shop.sandbox.log)}")
    return lines


def relative(path: Path) -> str:
    """A path as seen from the repository."""
    return str(path.relative_to(ROOT))


def things_to_see(shop: Shop, book: str, etag: str) -> list[str]:
    """A staff member's token for fifteen minutes, and three requests."""
    change = (
        '-H "Authorization: Bearer $TOKEN"',
        "-H " + shlex.quote(f"If-Match: {etag}"),
        "-H 'Content-Type: application/json'",
        "-d " + shlex.quote(json.dumps({"price": {"amount": 999, "currency": "EUR"}})),
    )
    return [
        f"TOKEN={shop.token('staff@bookstore.example')}",
        f"curl {shlex.quote(search(shop))}",
        f"curl -i {book}",
        f"curl -i -X PATCH {book} {' '.join(change)}",
    ]


def a_purchase(shop: Shop, book: str) -> list[str]:
    """A customer's token, and how to spend money. A line that comes twice is answered as before."""
    number = secrets.token_hex(4)
    headers = '-H "Authorization: Bearer $BUYER" -H "Content-Type: application/json"'
    item = book.replace("/books/", "/cart/items/")
    order_key, payment_key = (f"-H 'Idempotency-Key: {of}-{number}'" for of in ("order", "payment"))
    quantity, address, card = (
        "-d " + shlex.quote(json.dumps(body))
        for body in ({"quantity": 2}, {"shipping_address": ADDRESS}, {"payment_method": CARD})
    )
    location = "-i | grep -o '/orders/[0-9a-f-]*'"
    lines = [
        f"BUYER={shop.token('customer@bookstore.example')}",
        f'buy() {{ curl -s {headers} "$@"; }}',
        f"buy -X PUT {item} {quantity}",
        f"ORDER=$(buy {shop.url}/orders {order_key} {address} {location})",
        f"buy {shop.url}$ORDER/payments {payment_key} {card}",
        f"buy {shop.url}$ORDER",
    ]
    if shop.sandbox:
        key = f"Authorization: Bearer {shop.sandbox.api_key}"
        lines.append(f"curl -H {shlex.quote(key)} {shop.sandbox.url}/ledger")
    return lines


def search(shop: Shop) -> str:
    """The URL of a search."""
    return f"{shop.url}/books?q={SEARCH}&limit=3"


def found_book(shop: Shop) -> tuple[str, str]:
    """The URL and the entity tag of the first book that the search finds."""
    first = httpx.get(search(shop)).raise_for_status().json()["items"][0]
    book = f"{shop.url}/books/{first['id']}"
    return book, httpx.get(book).raise_for_status().headers["ETag"]
