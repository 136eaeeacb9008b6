"""What goes over the wire for reports."""

from datetime import date
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from ..environment import current_settings
from ..fields import Choice, QueryDay, StrictSerializer
from ..http import money

MAX_DAYS = 366


class SalesQuery(StrictSerializer):
    """The parameters of getSalesReport."""

    to = QueryDay(source="last_day")
    group_by = Choice("day", "month", "category", "book")

    def get_fields(self) -> dict[str, Any]:
        """`from`, which Python does not let a class have as a name, and the others."""
        return {"from": QueryDay(source="first_day"), **super().get_fields()}

    def validate(self, attrs: Any) -> Any:
        """Days in their order, and not too many."""
        days = (attrs["last_day"] - attrs["first_day"]).days + 1
        if not 1 <= days <= MAX_DAYS:
            fault = f"must be between 0 and {MAX_DAYS - 1} days after the first day"
            raise ValidationError({"to": ErrorDetail(fault, "range")})
        return attrs


def show_sales_report(
    *,
    first_day: date,
    last_day: date,
    group_by: str,
    rows: list[dict[str, Any]],
    totals: dict[str, int],
) -> dict[str, Any]:
    """The contract's SalesReport, from rows and totals in minor units."""
    currency = current_settings().currency
    return {
        "from": first_day.isoformat(),
        "to": last_day.isoformat(),
        "group_by": group_by,
        "rows": [
            {**row, **_name(row["key"], group_by), "gross": money(row["gross"], currency)}
            for row in rows
        ],
        "totals": {
            "orders": totals["orders"],
            "units": totals["units"],
            "gross": money(totals["gross"], currency),
            "refunded": money(totals["refunded"], currency),
            "net": money(totals["gross"] - totals["refunded"], currency),
        },
    }


def _name(key: Any, group_by: str) -> dict[str, str]:
    """How a row's key is written, and a label where the row has none of its own."""
    match group_by:
        case "day":
            return {"key": f"{key:%Y-%m-%d}", "label": f"{key.day} {key:%B %Y}"}
        case "month":
            return {"key": f"{key:%Y-%m}", "label": f"{key:%B %Y}"}
    return {"key": str(key)}
