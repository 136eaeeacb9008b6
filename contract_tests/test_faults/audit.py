"""The books of a whole shop, held against each other and against the payment provider's."""

from collections import Counter
from collections.abc import Iterable

from harness.branch import Branch
from harness.client import succeeded
from harness.contract import Json
from harness.sales import path_of

HOLDING = {"awaiting_payment", "paid"}
"""Orders whose copies are reserved."""
GONE = {"shipped", "delivered"}


def reconcile(branch: Branch) -> None:
    """Settle what is pending, whatever its age."""
    branch.server.run("reconcile-payments", "--older-than", "0")


def audit(branch: Branch, books: Iterable[Json]) -> dict[str, Json]:
    """After reconciliation: stock, orders and money agree. Gives the orders by their ids."""
    listed = branch.admin.walk("/orders", limit=100)
    orders = [succeeded(branch.admin.get(path_of(order))).json() for order in listed]
    for order in orders:
        _adds_up(order)
    for book in books:
        _holds(branch, book, orders)
    _agrees(branch, orders)
    return {order["id"]: order for order in orders}


def _adds_up(order: Json) -> None:
    """contract.md, rules 2 to 4."""
    lines = order["lines"]
    total = sum(line["unit_price"]["amount"] * line["quantity"] for line in lines)
    captured, refunded = order["captured"]["amount"], order["refunded"]["amount"]
    assert order["total"]["amount"] == total
    assert 0 <= refunded <= captured <= total
    if order["state"] in GONE | {"paid"}:
        assert captured == total
    if order["state"] == "cancelled":
        assert refunded == captured


def _holds(branch: Branch, book: Json, orders: list[Json]) -> None:
    """contract.md, rules 1 and 3: what is reserved is on order, and what was shipped has gone."""
    copies: Counter[str] = Counter()
    for order in orders:
        for line in order["lines"]:
            copies[order["state"]] += line["quantity"] * (line["book_id"] == book["id"])
    _, reserved = branch.sales.stock(book)  # where the ledger is added up
    assert reserved == sum(copies[state] for state in HOLDING)
    ledger = branch.admin.walk(f"/books/{book['id']}/stock-adjustments", limit=100)
    shipped = sum(entry["delta"] for entry in ledger if entry["reason"] == "shipped")
    assert -shipped == sum(copies[state] for state in GONE)


def _agrees(branch: Branch, orders: list[Json]) -> None:
    """contract.md, rule 4: both ledgers tell the same, and nobody was charged twice."""
    entries = branch.sandbox.ledger()
    charges = Counter(entry["payment_reference"] for entry in entries if entry["kind"] == "capture")
    assert [payment for payment, times in charges.items() if times > 1] == []
    moved: Counter[str] = Counter()
    for entry in entries:
        moved[entry["kind"]] += entry["amount"]
    captured = sum(order["captured"]["amount"] for order in orders)
    refunded = sum(order["refunded"]["amount"] for order in orders)
    assert (moved["capture"], moved["refund"]) == (captured, refunded)
