"""The operations of the tag `orders`, in the contract's order."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..auth import SIGNED_IN, STAFF, SignedIn
from ..cart.store import Carts
from ..database import Reader, Transaction
from ..http import answer, not_modified, version_tag
from ..idempotency import OnlyOnce
from ..inputs import read_json, read_query
from ..pagination import page_answer
from ..payments.provider import Provider
from . import services
from .models import Order
from .schemas import OrderPlacement, OrderQuery, Shipment, show_order, show_summary

router = APIRouter()


@router.get("/orders", dependencies=[SIGNED_IN])
async def list_orders(
    request: Request,
    caller: SignedIn,
    query: Annotated[OrderQuery, read_query(OrderQuery)],
    reader: Reader,
) -> Response:
    """listOrders."""
    page = await services.list_orders(reader, caller=caller, query=query)
    return page_answer(request, page, show_summary)


@router.post("/orders", dependencies=[SIGNED_IN])
async def place_order(
    caller: SignedIn,
    once: OnlyOnce,
    data: Annotated[OrderPlacement, read_json(OrderPlacement)],
    transaction: Transaction,
    carts: Carts,
) -> Response:
    """placeOrder."""

    def placed(order: Order, lines: Sequence[Any]) -> Response:
        return _order_answer(order, lines, 201, location=f"/orders/{order.id}")

    async def checkpoint(order: Order, lines: Sequence[Any]) -> None:
        await once.checkpoint(placed(order, lines))

    async def effect() -> Response:
        order, lines = await services.place_order(
            transaction, carts, user_id=caller.id, data=data, checkpoint=checkpoint
        )
        return placed(order, lines)

    return await once(effect)


@router.get("/orders/{order_id:uuid}", dependencies=[SIGNED_IN])
async def get_order(request: Request, order_id: UUID, caller: SignedIn, reader: Reader) -> Response:
    """getOrder."""
    order, lines = await services.get_order(reader, caller=caller, order_id=order_id)
    known = not_modified(request, version_tag(order.version))
    return known or _order_answer(order, lines)


@router.post("/orders/{order_id:uuid}/cancellation", dependencies=[SIGNED_IN])
async def cancel_order(
    order_id: UUID,
    caller: SignedIn,
    once: OnlyOnce,
    transaction: Transaction,
    provider: Provider,
) -> Response:
    """cancelOrder."""

    async def checkpoint(order: Order, lines: Sequence[Any]) -> None:
        await once.checkpoint(_order_answer(order, lines))

    async def effect() -> Response:
        order, lines = await services.cancel_order(
            transaction, provider, caller=caller, order_id=order_id, checkpoint=checkpoint
        )
        return _order_answer(order, lines)

    return await once(effect)


@router.post("/orders/{order_id:uuid}/shipment", dependencies=[STAFF])
async def ship_order(
    order_id: UUID,
    caller: SignedIn,
    once: OnlyOnce,
    data: Annotated[Shipment, read_json(Shipment)],
    transaction: Transaction,
) -> Response:
    """shipOrder."""

    async def effect() -> Response:
        order, lines = await services.ship_order(
            transaction, order_id=order_id, user_id=caller.id, data=data
        )
        return _order_answer(order, lines)

    return await once(effect)


@router.post("/orders/{order_id:uuid}/delivery", dependencies=[STAFF])
async def deliver_order(order_id: UUID, transaction: Transaction) -> Response:
    """deliverOrder."""
    return _order_answer(*await services.deliver_order(transaction, order_id=order_id))


def _order_answer(
    order: Any,
    lines: Sequence[Any],
    status: int = 200,
    *,
    location: str | None = None,
) -> Response:
    etag = version_tag(order.version)
    return answer(show_order(order, lines), status, etag=etag, location=location)
