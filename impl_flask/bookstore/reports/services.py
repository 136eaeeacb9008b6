"""What was sold: two statements a report, whatever it is grouped by."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import String, cast, distinct, func, select

from ..catalogue.models import Book, BookCategory, Category
from ..database import AnySelect, reading
from ..errors import FieldError, ValidationFailed
from ..orders.models import Order, OrderLine
from .schemas import show_sales_row, show_totals

MAX_DAYS = 366
MAX_ROWS = 1000

# As text a time begins with its date, on both databases.
_moment = cast(Order.paid_at, String)
_day, _month = func.substr(_moment, 1, 10), func.substr(_moment, 1, 7)
_gross = func.sum(OrderLine.quantity * OrderLine.unit_amount)
_sums = (
    func.count(distinct(Order.id)).label("orders"),
    func.sum(OrderLine.quantity).label("units"),
    _gross.label("gross"),
)


def get_sales_report(*, first: date, last: date, group_by: str) -> dict[str, Any]:
    """The orders that were paid from `first` to `last`, both included (UTC).

    Raises:
        ValidationFailed: `last` is before `first`, or more than 366 days are asked for.
    """
    if not 0 <= (last - first).days < MAX_DAYS:
        detail = f"must be between 0 and {MAX_DAYS - 1} days after the first day"
        raise ValidationFailed(FieldError("query", "to", "range", detail))
    paid = Order.paid_at.between(
        datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC)
    )
    totals = select(
        func.count().label("orders"),
        func.sum(Order.total_amount).label("gross"),
        func.sum(Order.refunded_amount).label("refunded"),
        select(func.sum(OrderLine.quantity))
        .join(Order)
        .where(paid)
        .scalar_subquery()
        .label("units"),
    ).where(paid)
    with reading() as connection:
        rows = connection.execute(_grouped(group_by).where(paid).limit(MAX_ROWS)).all()
        sums = connection.execute(totals).one()
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "group_by": group_by,
        "rows": [show_sales_row(row, _label(row, group_by)) for row in rows],
        "totals": show_totals(sums),
    }


def _grouped(group_by: str) -> AnySelect:
    """A row for each group that has sales, in the report's order."""
    lines = OrderLine.order_id == Order.id
    match group_by:
        case "day" | "month":
            key = _day if group_by == "day" else _month
            return (
                select(key.label("key"), *_sums).join(OrderLine, lines).group_by(key).order_by(key)
            )
        case "category":
            rows = select(Category.id.label("key"), Category.name.label("label"), *_sums)
            rows = rows.select_from(Order).join(OrderLine, lines)
            rows = rows.join(BookCategory, BookCategory.book_id == OrderLine.book_id)
            rows = rows.join(Category, Category.id == BookCategory.category_id)
            return rows.group_by(Category.id, Category.name).order_by(_gross.desc(), Category.id)
        case _:
            rows = select(Book.id.label("key"), Book.title.label("label"), *_sums)
            rows = (
                rows.select_from(Order)
                .join(OrderLine, lines)
                .join(Book, Book.id == OrderLine.book_id)
            )
            return rows.group_by(Book.id, Book.title).order_by(_gross.desc(), Book.id)


def _label(row: Any, group_by: str) -> str:
    match group_by:
        case "day":
            return f"{date.fromisoformat(row.key):%-d %B %Y}"
        case "month":
            return f"{date.fromisoformat(f'{row.key}-01'):%B %Y}"
        case _:
            return str(row.label)
