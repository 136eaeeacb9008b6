"""What was sold: two statements, whatever the span and the grouping."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..catalogue.models import Book, BookCategory, Category, book_categories, books, categories
from ..database import AnyRow, AnySelect
from ..orders.models import Order, OrderLine, order_lines, orders
from .schemas import SalesQuery

MAX_ROWS = 1000

_gross = func.sum(order_lines.quantity * order_lines.unit_amount).label("gross")
_sales = (
    select(
        func.count(orders.id.distinct()).label("orders"),
        func.sum(order_lines.quantity).label("units"),
        _gross,
    )
    .select_from(Order)
    .join(OrderLine, order_lines.order_id == orders.id)
    .limit(MAX_ROWS)
)


def _by_time(characters: int) -> AnySelect:
    """By the beginning of `paid_at`, which reads the same as text on both databases, in UTC."""
    key = func.substr(cast(orders.paid_at, String), 1, characters).label("key")
    return _sales.add_columns(key).group_by("key").order_by("key")


def _by_thing(sales: AnySelect, key: ColumnElement[Any], label: ColumnElement[Any]) -> AnySelect:
    named = sales.add_columns(key.label("key"), label.label("label"))
    return named.group_by(key, label).order_by(_gross.desc(), key)


_reports = {
    "day": _by_time(len("2026-03-01")),
    "month": _by_time(len("2026-03")),
    "category": _by_thing(
        _sales.join(BookCategory, book_categories.book_id == order_lines.book_id).join(
            Category, categories.id == book_categories.category_id
        ),
        categories.id,
        categories.name,
    ),
    "book": _by_thing(_sales.join(Book, books.id == order_lines.book_id), books.id, books.title),
}


async def get_sales_report(
    connection: AsyncConnection, *, query: SalesQuery
) -> tuple[Sequence[AnyRow], AnyRow]:
    """What was paid for in the span, by day, month, category or book, and in all (getSalesReport).

    A book in two categories counts in both; orders keep counting when they are cancelled later.
    """
    first = datetime.combine(query.first, time.min, UTC)
    last = datetime.combine(query.last, time.max, UTC)
    in_span = orders.paid_at.between(first, last)
    units = (
        select(func.sum(order_lines.quantity))
        .join_from(OrderLine, Order, orders.id == order_lines.order_id)
        .where(in_span)
        .scalar_subquery()
    )
    totals = select(
        func.count().label("orders"),
        func.coalesce(units, 0).label("units"),
        func.coalesce(func.sum(orders.total_amount), 0).label("gross"),
        func.coalesce(func.sum(orders.refunded_amount), 0).label("refunded"),
    ).where(in_span)
    rows = (await connection.execute(_reports[query.group_by].where(in_span))).all()
    return rows, (await connection.execute(totals)).one()
