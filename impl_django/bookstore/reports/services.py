"""What was sold: two statements, whatever is asked for."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate, TruncMonth

from ..orders.models import Order, OrderLine

MAX_ROWS = 1000
GROSS = Sum(F("quantity") * F("unit_amount"))
GROUPS: dict[str, dict[str, Any]] = {
    "day": {"key": TruncDate("order__paid_at", tzinfo=UTC)},
    "month": {"key": TruncMonth("order__paid_at", tzinfo=UTC)},
    "category": {
        "key": F("book__bookcategory__category"),
        "label": F("book__bookcategory__category__name"),
    },
    "book": {"key": F("book"), "label": F("book__title")},
}
ORDERS = {
    "day": ("key",),
    "month": ("key",),
    "category": ("-gross", "key"),
    "book": ("-gross", "key"),
}


def get_sales_report(
    *, first_day: date, last_day: date, group_by: str
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Rows and totals, in minor units, of the orders paid from the first to the last day (UTC)."""
    paid = datetime.combine(first_day, time.min, UTC), datetime.combine(last_day, time.max, UTC)
    lines = OrderLine.objects.filter(order__paid_at__range=paid)
    return _rows(lines, group_by), _totals(Order.objects.filter(paid_at__range=paid))


def _rows(lines: QuerySet[Any], group_by: str) -> list[dict[str, Any]]:
    groups = (
        lines.values(**GROUPS[group_by])
        .exclude(key=None)
        .annotate(orders=Count("order", distinct=True), units=Sum("quantity"), gross=GROSS)
    )
    return list(groups.order_by(*ORDERS[group_by])[:MAX_ROWS])


def _totals(orders: QuerySet[Order]) -> dict[str, int]:
    copies = (
        OrderLine.objects.filter(order=OuterRef("id"))
        .values("order")
        .annotate(copies=Sum("quantity"))
    )
    return orders.annotate(copies=Subquery(copies.values("copies"))).aggregate(
        orders=Count("id"),
        units=Coalesce(Sum("copies"), 0),
        gross=Coalesce(Sum("total_amount"), 0),
        refunded=Coalesce(Sum("refunded_amount"), 0),
    )
