"""The operations of the tag cart, in the contract's order."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from ..auth import Operations, operation
from ..http import answer, done, if_match, not_modified, read_json
from . import schemas, services


class CartOperations(Operations):
    """What the caller is about to buy."""

    @operation("customer")
    def get_cart(self, request: Request) -> HttpResponse:
        """getCart."""
        cart, books = services.get_cart(user_id=self.caller.id)
        etag = services.cart_tag(cart, books)
        return not_modified(request, etag, public=False) or answer(
            schemas.show_cart(cart, books), etag=etag
        )

    @operation("customer")
    def clear_cart(self, request: Request) -> HttpResponse:
        """clearCart."""
        services.clear_cart(user_id=self.caller.id)
        return done()

    @operation("customer")
    def put_cart_item(self, request: Request, book_id: UUID) -> HttpResponse:
        """putCartItem."""
        fields = read_json(request, schemas.CartItemUpdate)
        cart, books = services.put_cart_item(
            user_id=self.caller.id, book_id=book_id, if_match=if_match(request), **fields
        )
        return answer(schemas.show_cart(cart, books), etag=services.cart_tag(cart, books))

    @operation("customer")
    def delete_cart_item(self, request: Request, book_id: UUID) -> HttpResponse:
        """deleteCartItem."""
        services.delete_cart_item(user_id=self.caller.id, book_id=book_id)
        return done()
