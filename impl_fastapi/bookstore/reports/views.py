"""The operation of the tag `reports`."""

from typing import Annotated

from fastapi import APIRouter, Response

from ..auth import STAFF
from ..database import Reader
from ..http import answer
from ..inputs import read_query
from . import services
from .schemas import SalesQuery, show_sales

router = APIRouter()


@router.get("/reports/sales", dependencies=[STAFF])
async def get_sales_report(
    query: Annotated[SalesQuery, read_query(SalesQuery)], reader: Reader
) -> Response:
    """getSalesReport."""
    rows, totals = await services.get_sales_report(reader, query=query)
    return answer(show_sales(query, rows, totals))
