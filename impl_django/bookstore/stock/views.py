"""The operations of the tag stock, in the contract's order."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import answer, read_json
from ..idempotency import idempotent
from ..pagination import PageQuery, page_answer
from . import schemas, services


class StockOperations(Operations):
    """The ledger of a book."""

    @operation("staff", query=PageQuery)
    def list_stock_adjustments(
        self, request: Request, book_id: UUID, query: dict[str, Any]
    ) -> HttpResponse:
        """listStockAdjustments."""
        return page_answer(request, services.list_stock_adjustments(book_id=book_id, **query))

    @operation("staff")
    @idempotent
    def adjust_stock(self, request: Request, book_id: UUID) -> HttpResponse:
        """adjustStock."""
        fields = read_json(request, schemas.StockAdjustmentCreation)
        adjustment = services.adjust_stock(book_id=book_id, user_id=self.caller.id, **fields)
        return answer(schemas.show_adjustment(adjustment), 201)
