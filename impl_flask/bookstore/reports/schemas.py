"""What goes over the wire for reports."""

from datetime import date
from typing import Any

from ..fields import Choice, Strict, StrictSchema, invalid
from ..http import money
from ..settings import current_settings

GROUPS = ("day", "month", "category", "book")


class Day(Strict):
    """A date, `YYYY-MM-DD` and nothing else."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise invalid("format", "must be a date such as 2026-03-01") from None
        if day.isoformat() != value:
            raise invalid("format", "must be a date such as 2026-03-01")
        return day


class SalesQuery(StrictSchema):
    """The parameters of getSalesReport; `from` is loaded as `first`, `to` as `last`."""

    first = Day(required=True, data_key="from")
    last = Day(required=True, data_key="to")
    group_by = Choice(*GROUPS, required=True)


def show_sales_row(row: Any, label: str) -> dict[str, Any]:
    """The contract's SalesRow."""
    return {
        "key": str(row.key),
        "label": label,
        "orders": row.orders,
        "units": int(row.units),
        "gross": money(int(row.gross), current_settings().currency),
    }


def show_totals(totals: Any) -> dict[str, Any]:
    """The totals of the contract's SalesReport."""
    currency = current_settings().currency
    gross, refunded = int(totals.gross or 0), int(totals.refunded or 0)
    return {
        "orders": totals.orders,
        "units": int(totals.units or 0),
        "gross": money(gross, currency),
        "refunded": money(refunded, currency),
        "net": money(gross - refunded, currency),
    }
