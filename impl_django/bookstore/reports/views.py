"""The operations of the tag reports, in the contract's order."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import answer
from . import schemas, services


class ReportOperations(Operations):
    """What was sold."""

    @operation("staff", query=schemas.SalesQuery)
    def get_sales_report(self, request: Request, query: dict[str, Any]) -> HttpResponse:
        """getSalesReport."""
        rows, totals = services.get_sales_report(**query)
        return answer(schemas.show_sales_report(**query, rows=rows, totals=totals))
