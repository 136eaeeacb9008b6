"""The operation of the tag reports."""

from typing import Any

from flask import Blueprint, Response

from ..auth import operation
from ..http import answer
from . import schemas, services

blueprint = Blueprint("reports", __name__)


@blueprint.get("/reports/sales")
@operation("staff", query=schemas.SalesQuery())
def get_sales_report(query: dict[str, Any]) -> Response:
    """getSalesReport."""
    return answer(services.get_sales_report(**query))
