"""What goes over the wire about sales, named as in the contract."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ..database import AnyRow
from ..fields import StrictModel, choice
from ..http import money

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MAX_DAYS = 366


def _date(value: str) -> date:
    try:
        if DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("format", "must be a date such as 2026-03-01")


Day = Annotated[date, BeforeValidator(_date)]


class SalesQuery(StrictModel):
    """Parameters of `getSalesReport`: days in UTC, both included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    group_by: Annotated[str, choice("day", "month", "category", "book")]

    @field_validator("last")
    @classmethod
    def _span(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("first", last)
        if not 0 <= (last - first).days < MAX_DAYS:
            raise PydanticCustomError(
                "range", f"must be between 0 and {MAX_DAYS - 1} days after the first day"
            )
        return last


def show_sales(query: SalesQuery, rows: Sequence[AnyRow], totals: AnyRow) -> dict[str, Any]:
    """A report as `SalesReport`; PostgreSQL's sums are decimals."""
    gross, refunded = int(totals.gross), int(totals.refunded)
    return {
        "from": query.first.isoformat(),
        "to": query.last.isoformat(),
        "group_by": query.group_by,
        "rows": [_show_row(query.group_by, row) for row in rows],
        "totals": {
            "orders": totals.orders,
            "units": int(totals.units),
            "gross": money(gross),
            "refunded": money(refunded),
            "net": money(gross - refunded),
        },
    }


def _show_row(group_by: str, row: AnyRow) -> dict[str, Any]:
    return {
        "key": str(row.key),
        "label": _LABELS[group_by](row),
        "orders": row.orders,
        "units": int(row.units),
        "gross": money(int(row.gross)),
    }


def _day_label(row: AnyRow) -> str:
    day = date.fromisoformat(row.key)
    return f"{day.day} {day:%B %Y}"


def _month_label(row: AnyRow) -> str:
    return f"{date.fromisoformat(f'{row.key}-01'):%B %Y}"


def _name_label(row: AnyRow) -> str:
    return str(row.label)


_LABELS = {
    "day": _day_label,
    "month": _month_label,
    "category": _name_label,
    "book": _name_label,
}
