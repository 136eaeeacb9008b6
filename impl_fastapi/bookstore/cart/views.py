"""The operations of the tag `cart`, in the contract's order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..auth import SIGNED_IN, SignedIn
from ..database import Reader
from ..http import IfMatchOptional, answer, done, not_modified
from ..inputs import read_json
from . import services
from .schemas import CartItemUpdate, cart_tag, show_cart
from .store import Carts

router = APIRouter()


@router.get("/cart", dependencies=[SIGNED_IN])
async def get_cart(request: Request, caller: SignedIn, reader: Reader, carts: Carts) -> Response:
    """getCart."""
    cart, books = await services.get_cart(reader, carts, user_id=caller.id)
    etag = cart_tag(cart, books)
    return not_modified(request, etag) or answer(show_cart(cart, books), etag=etag)


@router.delete("/cart", dependencies=[SIGNED_IN])
async def clear_cart(caller: SignedIn, carts: Carts) -> Response:
    """clearCart."""
    await services.clear_cart(carts, user_id=caller.id)
    return done()


@router.put("/cart/items/{book_id:uuid}", dependencies=[SIGNED_IN])
async def put_cart_item(
    book_id: UUID,
    caller: SignedIn,
    data: Annotated[CartItemUpdate, read_json(CartItemUpdate)],
    precondition: IfMatchOptional,
    reader: Reader,
    carts: Carts,
) -> Response:
    """putCartItem."""
    cart, books = await services.put_cart_item(
        reader, carts, user_id=caller.id, book_id=book_id, data=data, precondition=precondition
    )
    return answer(show_cart(cart, books), etag=cart_tag(cart, books))


@router.delete("/cart/items/{book_id:uuid}", dependencies=[SIGNED_IN])
async def delete_cart_item(book_id: UUID, caller: SignedIn, carts: Carts) -> Response:
    """deleteCartItem."""
    await services.delete_cart_item(carts, user_id=caller.id, book_id=book_id)
    return done()
