"""The operations of the tag `stock`, in the contract's order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..auth import STAFF, SignedIn
from ..database import Reader, Transaction
from ..http import answer
from ..idempotency import OnlyOnce
from ..inputs import read_json, read_query
from ..pagination import PageQuery, page_answer
from . import services
from .schemas import StockAdjustmentCreation, show_adjustment

router = APIRouter()


@router.get("/books/{book_id:uuid}/stock-adjustments", dependencies=[STAFF])
async def list_stock_adjustments(
    request: Request,
    book_id: UUID,
    query: Annotated[PageQuery, read_query(PageQuery)],
    reader: Reader,
) -> Response:
    """listStockAdjustments."""
    page = await services.list_stock_adjustments(reader, book_id=book_id, query=query)
    return page_answer(request, page, show_adjustment)


@router.post("/books/{book_id:uuid}/stock-adjustments", dependencies=[STAFF])
async def adjust_stock(
    book_id: UUID,
    caller: SignedIn,
    once: OnlyOnce,
    data: Annotated[StockAdjustmentCreation, read_json(StockAdjustmentCreation)],
    transaction: Transaction,
) -> Response:
    """adjustStock."""

    async def effect() -> Response:
        entry = await services.adjust_stock(
            transaction, book_id=book_id, user_id=caller.id, data=data
        )
        return answer(show_adjustment(entry), 201)

    return await once(effect)
