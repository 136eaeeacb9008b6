"""What holds at every moment, of answers alone: the reference may be wrong too."""

from itertools import pairwise

from harness.contract import Json

MOVES = {
    ("awaiting_payment", "paid"),
    ("awaiting_payment", "cancelled"),
    ("paid", "shipped"),
    ("paid", "cancelled"),
    ("shipped", "delivered"),
}
"""The edges between an order's states."""
BETWEEN = {
    ("awaiting_payment", "shipped"),
    ("awaiting_payment", "delivered"),
    ("paid", "delivered"),
}
"""Where several of them were walked since the order was seen last."""
STAYS = ("id", "user_id", "total", "lines", "shipping_address", "created_at")


def of_book(book: Json, ledger: list[Json]) -> None:
    """0 ≤ reserved ≤ on_hand; the ledger adds up to it, entry by entry."""
    stock = book["stock"]
    assert 0 <= stock["reserved"] <= stock["on_hand"], stock
    assert stock["available"] == stock["on_hand"] - stock["reserved"], stock
    assert sum(entry["delta"] for entry in ledger) == stock["on_hand"], (stock, ledger)
    for later, earlier in pairwise(ledger):
        assert later["on_hand"] == earlier["on_hand"] + later["delta"], (earlier, later)


def of_rating(book: Json, reviews: list[Json]) -> None:
    """The mean of the reviews, no further off than rounding to two places takes it."""
    rating, stars = book["rating"], [review["rating"] for review in reviews]
    assert rating["count"] == len(stars), (rating, stars)
    if stars:
        assert abs(rating["average"] - sum(stars) / len(stars)) <= 0.005 + 1e-9, (rating, stars)


def of_order(order: Json, before: Json) -> None:
    """Totals add up, 0 ≤ refunded ≤ captured ≤ total, and nothing moves but along the edges."""
    total, captured, refunded = (
        order[name]["amount"] for name in ("total", "captured", "refunded")
    )
    assert 0 <= refunded <= captured <= total, order
    assert total == _sum(order["lines"]), order
    assert captured == total or order["state"] in {"awaiting_payment", "cancelled"}, order
    if before:
        move = before["state"], order["state"]
        assert move[0] == move[1] or move in MOVES | BETWEEN, move
        assert [order[name] for name in STAYS] == [before[name] for name in STAYS], (before, order)


def of_cart(cart: Json) -> None:
    """The total is the sum of the lines; a book is in it once."""
    assert cart["total"]["amount"] == _sum(cart["items"]), cart
    books = [item["book_id"] for item in cart["items"]]
    assert len(books) == len(set(books)), cart


def of_report(report: Json) -> None:
    """Of days: what they sum up to is what the totals say."""
    totals, rows = report["totals"], report["rows"]
    assert totals["orders"] == sum(row["orders"] for row in rows), report
    assert totals["units"] == sum(row["units"] for row in rows), report
    assert totals["gross"]["amount"] == sum(row["gross"]["amount"] for row in rows), report
    net = totals["gross"]["amount"] - totals["refunded"]["amount"]
    assert totals["net"]["amount"] == net, report


def of_tags(before: tuple[Json, str], now: tuple[Json, str], *, by_version: bool) -> None:
    """What differs has another entity tag; what has a version keeps it until it differs."""
    same = before[0] == now[0], before[1] == now[1]
    assert same[0] or not same[1], f"one entity tag of two representations: {before}, {now}"
    assert same[1] or not same[0] or not by_version, f"two entity tags of one: {before}, {now}"


def _sum(lines: list[Json]) -> int:
    for line in lines:
        assert line["line_total"]["amount"] == line["quantity"] * line["unit_price"]["amount"], line
    return sum(line["line_total"]["amount"] for line in lines)
