"""The operations of the tag orders, in the contract's order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g

from ..auth import operation
from ..database import db
from ..http import answer, not_modified, read_json, version_tag
from ..idempotency import checkpoint, idempotent
from ..pagination import page_answer
from ..payments import provider
from ..payments.services import send_refund
from . import schemas, services

blueprint = Blueprint("orders", __name__)


@blueprint.get("/orders")
@operation("customer", query=schemas.OrderQuery())
def list_orders(query: dict[str, Any]) -> Response:
    """listOrders."""
    return page_answer(services.list_orders(caller=g.caller, **query))


@blueprint.post("/orders")
@operation("customer")
@idempotent
def place_order() -> Response:
    """placeOrder."""
    order, lines = services.place_order(user_id=g.caller.id, **read_json(schemas.OrderPlacement()))
    response = checkpoint(_order_answer(order, lines, 201, location=f"/orders/{order.id}"))
    services.leave_cart(order.user_id, order.cart_version)
    return response


@blueprint.get("/orders/<uuid:order_id>")
@operation("customer")
def get_order(order_id: UUID) -> Response:
    """getOrder."""
    order, lines = services.get_order(order_id=order_id, caller=g.caller)
    return not_modified(version_tag(order.version), public=False) or _order_answer(order, lines)


@blueprint.post("/orders/<uuid:order_id>/cancellation")
@operation("customer")
@idempotent
def cancel_order(order_id: UUID) -> Response:
    """cancelOrder."""
    order, lines, refund = services.cancel_order(order_id=order_id, caller=g.caller)
    if refund:
        with provider.turn():
            checkpoint(_order_answer(order, lines))
            send_refund(refund)
    return _order_answer(order, lines)


@blueprint.post("/orders/<uuid:order_id>/shipment")
@operation("staff")
@idempotent
def ship_order(order_id: UUID) -> Response:
    """shipOrder."""
    fields = read_json(schemas.Shipment())
    return _order_answer(*services.ship_order(order_id=order_id, user_id=g.caller.id, **fields))


@blueprint.post("/orders/<uuid:order_id>/delivery")
@operation("staff")
def deliver_order(order_id: UUID) -> Response:
    """deliverOrder."""
    order, lines = services.deliver_order(order_id=order_id)
    db.session.commit()
    return _order_answer(order, lines)


def _order_answer(
    order: Any, lines: Sequence[Any], status: int = 200, *, location: str | None = None
) -> Response:
    return answer(
        schemas.show_order(order, lines), status, etag=version_tag(order.version), location=location
    )
