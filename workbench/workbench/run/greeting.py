"""The text that `make run` prints once the shops are open: addresses, users, requests to try."""

import json
import secrets
import shlex
from pathlib import Path

import httpx

from workbench import ROOT
from workbench.shops import DEMO_ADDRESS, DEMO_CARD, DEMO_PASSWORD, DEMO_USERS, Shop

SEARCH = "hobbit"


def greeting(shops: list[Shop]) -> str:
    """Return the whole text. Its commands work when they are pasted into a shell."""
    shop = shops[0]
    book, etag = first_book(shop)
    users = [f"  {email:<30}{role}" for email, role in DEMO_USERS.items()]
    return "\n".join(
        [
            "",
            "The bookstore is open." if len(shops) == 1 else "The bookstores are open.",
            "",
            *(f"  {line}" for each in shops for line in addresses(each)),
            "",
            f"Demo users, each with the password {DEMO_PASSWORD}:",
            "",
            *users,
            "",
            f"Requests to {shop.name}: search, read a book, change its price as a staff member.",
            "",
            *(f"  {line}" for line in catalogue_commands(shop, book, etag)),
            "",
            "Buy two copies: cart, order, payment. Then show the order and the provider's ledger.",
            "",
            *(f"  {line}" for line in purchase_commands(shop, book)),
            "",
            "Ctrl-C stops everything.",
        ]
    )


def addresses(shop: Shop) -> list[str]:
    """Return lines with the URLs of a shop, its API page and its provider, and with the logs."""
    lines = [
        f"{shop.name:<12}{shop.url:<26}log: {relative(shop.log)}",
        f"{'  contract':<12}{shop.url}/docs",
    ]
    if shop.sandbox:
        lines.append(f"{'  payments':<12}{shop.sandbox.url:<26}log: {relative(shop.sandbox.log)}")
    return lines


def relative(path: Path) -> str:
    """Return a path relative to the repository."""
    return str(path.relative_to(ROOT))


def catalogue_commands(shop: Shop, book: str, etag: str) -> list[str]:
    """Return commands that search, read a book, and change its price with a staff token."""
    change = (
        '-H "Authorization: Bearer $TOKEN"',
        "-H " + shlex.quote(f"If-Match: {etag}"),
        "-H 'Content-Type: application/json'",
        "-d " + shlex.quote(json.dumps({"price": {"amount": 999, "currency": "EUR"}})),
    )
    return [
        f"TOKEN={shop.token('staff@bookstore.example')}",
        f"curl {shlex.quote(search_url(shop))}",
        f"curl -i {book}",
        f"curl -i -X PATCH {book} {' '.join(change)}",
    ]


def purchase_commands(shop: Shop, book: str) -> list[str]:
    """Return commands that buy two copies with a customer's token.

    The idempotency keys are fixed in the text: a command that is pasted twice gets the stored
    response of the first request.
    """
    number = secrets.token_hex(4)
    headers = '-H "Authorization: Bearer $BUYER" -H "Content-Type: application/json"'
    item = book.replace("/books/", "/cart/items/")
    order_key, payment_key = (f"-H 'Idempotency-Key: {of}-{number}'" for of in ("order", "payment"))
    quantity, address, card = (
        "-d " + shlex.quote(json.dumps(body))
        for body in (
            {"quantity": 2},
            {"shipping_address": DEMO_ADDRESS},
            {"payment_method": DEMO_CARD},
        )
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


def search_url(shop: Shop) -> str:
    """Return the URL of a search for books."""
    return f"{shop.url}/books?q={SEARCH}&limit=3"


def first_book(shop: Shop) -> tuple[str, str]:
    """Return the URL and the ETag of the first book that the search finds."""
    first = httpx.get(search_url(shop)).raise_for_status().json()["items"][0]
    book = f"{shop.url}/books/{first['id']}"
    return book, httpx.get(book).raise_for_status().headers["ETag"]
