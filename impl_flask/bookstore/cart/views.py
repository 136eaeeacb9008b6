"""The operations of the tag cart, in the contract's order."""

from uuid import UUID

from flask import Blueprint, Response, g

from ..auth import operation
from ..http import answer, done, not_modified, read_json
from . import schemas, services

blueprint = Blueprint("cart", __name__)


@blueprint.get("/cart")
@operation("customer")
def get_cart() -> Response:
    """getCart."""
    cart, books = services.get_cart(user_id=g.caller.id)
    etag = schemas.cart_tag(cart, books)
    return not_modified(etag, public=False) or answer(schemas.show_cart(cart, books), etag=etag)


@blueprint.delete("/cart")
@operation("customer")
def clear_cart() -> Response:
    """clearCart."""
    services.clear_cart(user_id=g.caller.id)
    return done()


@blueprint.put("/cart/items/<uuid:book_id>")
@operation("customer")
def put_cart_item(book_id: UUID) -> Response:
    """putCartItem."""
    fields = read_json(schemas.CartItemUpdate())
    cart, books = services.put_cart_item(user_id=g.caller.id, book_id=book_id, **fields)
    return answer(schemas.show_cart(cart, books), etag=schemas.cart_tag(cart, books))


@blueprint.delete("/cart/items/<uuid:book_id>")
@operation("customer")
def delete_cart_item(book_id: UUID) -> Response:
    """deleteCartItem."""
    services.delete_cart_item(user_id=g.caller.id, book_id=book_id)
    return done()
