"""The sales report, against a plain sum over orders that the test knows."""

from calendar import month_name
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from harness import formats, rows
from harness.branch import Branch, open_branch
from harness.client import Client, invalid, succeeded
from harness.contract import Json
from harness.sales import Line
from harness.shop import price
from harness.target import Ground

PATH = "/reports/sales"


@dataclass(frozen=True)
class Sold:
    """A paid order, as the test remembers it."""

    paid_at: datetime
    lines: tuple[Line, ...]
    refunded: int


@dataclass(frozen=True)
class Year:
    """A shop with all its orders."""

    branch: Branch
    sold: list[Sold]

    def report(self, first: str, last: str, group_by: str) -> Json:
        """What the shop says was sold."""
        params = {"from": first, "to": last, "group_by": group_by}
        return succeeded(self.branch.admin.get(PATH, params=params), 200).json()

    def between(self, first: str, last: str) -> list[Sold]:
        """The orders that were paid on these days, both included."""
        days = date.fromisoformat(first), date.fromisoformat(last)
        return [order for order in self.sold if days[0] <= order.paid_at.date() <= days[1]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def year(ground: Ground) -> Iterator[Year]:
    with open_branch(ground, "reports") as branch:
        yield Year(branch, list(_sell(branch)))


def _sell(branch: Branch) -> Iterator[Sold]:
    """Orders of three books in two categories and of one in none, around every boundary."""
    sales, buyer = branch.sales, branch.buyer
    novels, classics = (sales.shop.category()["id"] for _ in range(2))
    one = sales.book(900, price=price(1299), category_ids=[novels, classics])
    two = sales.book(900, price=price(500), category_ids=[novels])
    three = sales.book(900, price=price(333), category_ids=[classics])
    loose = sales.book(900, price=price(99_999_999))
    sold: list[tuple[str, tuple[Line, ...], int]] = [
        ("2026-02-28T23:59:59.999999", ((one, 1),), 0),
        ("2026-03-01T00:00:00.000000", ((one, 2), (two, 3)), 0),
        ("2026-03-01T12:30:00.000000", ((two, 1),), 0),
        ("2026-03-14T09:00:00.500000", ((three, 7), (loose, 99)), 1234),
        ("2026-03-31T23:59:59.999999", ((one, 1), (two, 1), (three, 1)), 2132),
        ("2026-04-01T00:00:00.000000", ((one, 5),), 0),
        ("2026-12-31T23:59:59.999999", ((three, 2),), 0),
        ("2027-01-01T00:00:00.000000", ((one, 1),), 0),
        ("2024-02-29T10:00:00.000000", ((two, 10),), 10),
    ]
    for moment, lines, refunded in sold:
        order = sales.paid(buyer, *lines)
        if refunded == order["total"]["amount"]:
            succeeded(sales.cancel(buyer, order), 200)
        elif refunded:
            succeeded(sales.ship(order), 200)
            succeeded(sales.refund(order, refunded), 201)
        rows.set_moment(branch.server.database_url, "orders", "paid_at", order, at(moment))
        yield Sold(at(moment), lines, refunded)
    sales.order(buyer, (one, 9))
    sales.cancelled(buyer, (one, 9))
    sales.reprice(one, 1)
    sales.staff.change(f"/books/{two['id']}", title="Renamed since")
    two["title"] = "Renamed since"


Keys = Callable[[Sold, Json], list[tuple[str, str]]]


def days(order: Sold, _: Json) -> list[tuple[str, str]]:
    moment = order.paid_at
    label = f"{moment.day} {month_name[moment.month]} {moment.year}"
    return [(moment.date().isoformat(), label)]


def months(order: Sold, _: Json) -> list[tuple[str, str]]:
    moment = order.paid_at
    return [(moment.strftime("%Y-%m"), f"{month_name[moment.month]} {moment.year}")]


def categories(_: Sold, book: Json) -> list[tuple[str, str]]:
    return [(category["id"], category["name"]) for category in book["categories"]]


def books(_: Sold, book: Json) -> list[tuple[str, str]]:
    return [(book["id"], book["title"])]


GROUPS: dict[str, Keys] = {"day": days, "month": months, "category": categories, "book": books}


def summed(sold: list[Sold], group_by: str) -> list[Json]:
    """The rows of a report, line by line."""
    units: dict[tuple[str, str], int] = defaultdict(int)
    gross: dict[tuple[str, str], int] = defaultdict(int)
    orders: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, order in enumerate(sold):
        for book, quantity in order.lines:
            for key in GROUPS[group_by](order, book):
                units[key] += quantity
                gross[key] += quantity * book["price"]["amount"]
                orders[key].add(number)
    keys = sorted(units)
    if group_by in {"category", "book"}:
        keys.sort(key=lambda key: -gross[key])
    return [
        {
            "key": key[0],
            "label": key[1],
            "orders": len(orders[key]),
            "units": units[key],
            "gross": price(gross[key]),
        }
        for key in keys
    ]


def totals(sold: list[Sold]) -> Json:
    lines = [line for order in sold for line in order.lines]
    gross = sum(quantity * book["price"]["amount"] for book, quantity in lines)
    refunded = sum(order.refunded for order in sold)
    return {
        "orders": len(sold),
        "units": sum(quantity for _, quantity in lines),
        "gross": price(gross),
        "refunded": price(refunded),
        "net": price(gross - refunded),
    }


RANGES = [
    ("2026-03-01", "2026-03-31"),
    ("2026-03-01", "2026-03-01"),
    ("2026-02-28", "2026-04-01"),
    ("2026-02-28", "2026-02-28"),
    ("2026-01-01", "2026-12-31"),
    ("2026-01-01", "2027-01-01"),
    ("2024-02-29", "2024-02-29"),
    ("2025-05-01", "2025-05-31"),
]


@pytest.mark.slow
@pytest.mark.parametrize("group_by", GROUPS)
@pytest.mark.parametrize(("first", "last"), RANGES, ids=[" ".join(days) for days in RANGES])
def test_a_report_is_the_sum_of_its_orders(
    year: Year, first: str, last: str, group_by: str
) -> None:
    sold = year.between(first, last)
    assert year.report(first, last, group_by) == {
        "from": first,
        "to": last,
        "group_by": group_by,
        "rows": summed(sold, group_by),
        "totals": totals(sold),
    }


@pytest.mark.slow
def test_an_order_without_a_category_is_in_no_row(year: Year) -> None:
    report = year.report("2026-03-14", "2026-03-14", "category")
    assert [row["units"] for row in report["rows"]] == [7]
    assert report["totals"]["units"] == 106


@pytest.mark.slow
def test_what_is_given_back_later_counts_for_the_day_of_the_payment(year: Year) -> None:
    branch = year.branch
    order = branch.sales.paid(branch.buyer, (branch.sales.book(price=price(100)), 3))
    moment = at("2023-06-15T12:00:00.000000")
    rows.set_moment(branch.server.database_url, "orders", "paid_at", order, moment)
    for refunded in (0, 120, 300):
        if refunded:
            so_far = branch.sales.now(order)["refunded"]["amount"]
            succeeded(branch.sales.refund(order, refunded - so_far), 201)
        seen = year.report("2023-06-15", "2023-06-15", "day")["totals"]
        assert (seen["refunded"], seen["net"]) == (price(refunded), price(300 - refunded))


@pytest.mark.slow
def test_of_more_than_1000_rows_those_with_the_least_are_left_out(year: Year) -> None:
    branch, word, day = year.branch, formats.word(), "2022-05-05"
    catalogue = [
        {
            "isbn": formats.isbn(),
            "title": f"{word} {number}",
            "authors": [word],
            "language": None,
            "published_year": None,
            "price_amount": 1 + number,
            "stock": 1,
            "categories": [f"{word} {number} {each}" for each in range(20)],
        }
        for number in range(51)
    ]
    assert succeeded(branch.sales.shop.import_rows(catalogue)).json()["created"] == 51
    books = branch.admin.walk("/books", q=word, limit=100)
    for bought in (books[:50], books[50:]):
        order = branch.sales.paid(branch.buyer, *((book, 1) for book in bought))
        moment = at(f"{day}T12:00:00.000000")
        rows.set_moment(branch.server.database_url, "orders", "paid_at", order, moment)
    report = year.report(day, day, "category")
    gross = [row["gross"]["amount"] for row in report["rows"]]
    assert gross == [amount for amount in range(51, 1, -1) for _ in range(20)]
    assert report["totals"]["units"] == 51


def test_today_s_payments_are_today_s(staff: Client) -> None:
    today = datetime.now(UTC).date()
    params = {"from": str(today - timedelta(days=1)), "to": str(today), "group_by": "day"}
    seen = succeeded(staff.get(PATH, params=params), 200).json()
    assert {row["key"] for row in seen["rows"]} <= {params["from"], params["to"]}


GOOD = {"from": "2026-03-01", "to": "2026-03-31", "group_by": "day"}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("9999-01-01", "9999-12-31"),
        ("2024-01-01", "2024-12-31"),
        ("2025-01-01", "2026-01-01"),
    ],
)
def test_any_366_days_are_a_report(staff: Client, first: str, last: str) -> None:
    params = {"from": first, "to": last, "group_by": "month"}
    succeeded(staff.get(PATH, params=params), 200)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"from": None, "to": None, "group_by": None}, ["?from", "?to", "?group_by"]),
        ({"to": "2026-02-28"}, ["?to"]),
        ({"to": "2027-03-02"}, ["?to"]),
        ({"from": "0001-01-01", "to": "9999-12-31"}, ["?to"]),
        ({"from": "2026-02-30"}, ["?from"]),
        ({"from": "0000-01-01"}, ["?from"]),
        ({"from": "2026-3-1"}, ["?from"]),
        ({"from": "20260301"}, ["?from"]),
        ({"from": "2026-W10-1"}, ["?from"]),
        ({"from": "2026-03-01T00:00:00Z"}, ["?from"]),
        ({"from": ""}, ["?from"]),
        ({"to": "2026-13-01"}, ["?to"]),
        ({"group_by": "week"}, ["?group_by"]),
        ({"group_by": "Day"}, ["?group_by"]),
        ({"from": "yesterday", "to": "today", "group_by": "hour"}, ["?from", "?to", "?group_by"]),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named(
    staff: Client, changes: dict[str, str | None], errors: list[str]
) -> None:
    params = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    answer = staff.get(PATH, params=params)
    codes = {f"?{error['name']}": error["code"] for error in answer.json().get("errors", [])}
    invalid(answer, codes)
    assert codes.keys() == set(errors)
    if set(changes) == {"to"} and changes["to"] in {"2026-02-28", "2027-03-02"}:
        assert codes == {"?to": "range"}
    if changes == {"from": "2026-02-30"}:
        assert codes == {"?from": "format"}
    if set(changes.values()) == {None}:
        assert set(codes.values()) == {"required"}
