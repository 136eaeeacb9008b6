"""The operations of the tag orders, in the contract's order."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import answer, not_modified, read_json, version_tag
from ..idempotency import checkpoint, idempotent
from ..pagination import page_answer
from ..payments import provider
from ..payments.settlement import settle_refund
from . import schemas, services
from .models import Order, OrderLine


class OrderOperations(Operations):
    """From the cart to the door."""

    @operation("customer", query=schemas.OrderQuery)
    def list_orders(self, request: Request, query: dict[str, Any]) -> HttpResponse:
        """listOrders."""
        return page_answer(request, services.list_orders(caller=self.caller, **query))

    @operation("customer")
    @idempotent
    def place_order(self, request: Request) -> HttpResponse:
        """placeOrder."""
        fields = read_json(request, schemas.OrderPlacement)
        order, lines = services.place_order(user_id=self.caller.id, **fields)
        return _order_answer(order, lines, 201, location=f"/orders/{order.id}")

    @operation("customer")
    def get_order(self, request: Request, order_id: UUID) -> HttpResponse:
        """getOrder."""
        order, lines = services.get_order(order_id=order_id, caller=self.caller)
        etag = version_tag(order.version)
        return not_modified(request, etag, public=False) or _order_answer(order, lines)

    @operation("customer")
    @idempotent
    def cancel_order(self, request: Request, order_id: UUID) -> HttpResponse:
        """cancelOrder."""
        order, lines, refund = services.cancel_order(order_id=order_id, caller=self.caller)
        if refund is not None:
            with provider.turn(), checkpoint(request, _order_answer(order, lines)):
                outcome = provider.create_refund(refund)
            order = settle_refund(refund_id=refund.id, outcome=outcome).order
        return _order_answer(order, lines)

    @operation("staff")
    @idempotent
    def ship_order(self, request: Request, order_id: UUID) -> HttpResponse:
        """shipOrder."""
        fields = read_json(request, schemas.Shipment)
        order, lines = services.ship_order(order_id=order_id, user_id=self.caller.id, **fields)
        return _order_answer(order, lines)

    @operation("staff")
    def deliver_order(self, request: Request, order_id: UUID) -> HttpResponse:
        """deliverOrder."""
        return _order_answer(*services.deliver_order(order_id=order_id))


def _order_answer(
    order: Order, lines: Iterable[OrderLine], status: int = 200, *, location: str | None = None
) -> HttpResponse:
    return answer(
        schemas.show_order(order, lines), status, etag=version_tag(order.version), location=location
    )
