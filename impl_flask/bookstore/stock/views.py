"""The operations of the tag stock, in the contract's order."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g

from ..auth import operation
from ..http import answer, read_json
from ..idempotency import idempotent
from ..pagination import PageQuery, page_answer
from . import schemas, services

blueprint = Blueprint("stock", __name__)


@blueprint.get("/books/<uuid:book_id>/stock-adjustments")
@operation("staff", query=PageQuery())
def list_stock_adjustments(book_id: UUID, query: dict[str, Any]) -> Response:
    """listStockAdjustments."""
    return page_answer(services.list_stock_adjustments(book_id=book_id, **query))


@blueprint.post("/books/<uuid:book_id>/stock-adjustments")
@operation("staff")
@idempotent
def adjust_stock(book_id: UUID) -> Response:
    """adjustStock."""
    fields = read_json(schemas.StockAdjustmentCreation())
    adjustment = services.adjust_stock(book_id=book_id, user_id=g.caller.id, **fields)
    return answer(schemas.show_adjustment(adjustment), 201)
