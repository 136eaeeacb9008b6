"""Buy a book with the client of openapi-python-client, from the shop at BOOKSTORE_URL."""

import os
import sys
from typing import TypeVar
from uuid import uuid4

from bookstore_client import AuthenticatedClient, Client
from bookstore_client.api.accounts import login
from bookstore_client.api.cart import put_cart_item
from bookstore_client.api.catalogue import get_book, list_books, update_book
from bookstore_client.api.orders import get_order, place_order
from bookstore_client.api.payments import create_payment, create_refund
from bookstore_client.models import (
    AddressInput,
    Book,
    BookPage,
    BookUpdate,
    Cart,
    CartItemUpdate,
    Credentials,
    FieldLocation,
    Order,
    OrderPlacement,
    OrderState,
    Payment,
    PaymentCreation,
    PaymentStatus,
    Price,
    Problem,
    ProblemType,
    Refund,
    RefundAmount,
    RefundCreation,
    RefundStatus,
    TokenPair,
)

T = TypeVar("T")


def main(url: str) -> None:
    customer = log_in(url, "customer@bookstore.example")
    staff = log_in(url, "staff@bookstore.example")

    found = expect(BookPage, list_books.sync(client=customer, q="hobbit", limit=1)).items[0]

    one_copy = CartItemUpdate(quantity=1)
    cart = expect(Cart, put_cart_item.sync(found.id, client=customer, body=one_copy))
    check(cart.total.amount == found.price.amount, "the cart has the price of the book")

    address = AddressInput(
        name="Ada Lovelace",
        line1="12 St James's Square",
        postal_code="SW1Y 4JH",
        city="London",
        country="GB",
    )
    placement, key = OrderPlacement(shipping_address=address), str(uuid4())
    order = expect(Order, place_order.sync(client=customer, body=placement, idempotency_key=key))
    again = place_order.sync_detailed(client=customer, body=placement, idempotency_key=key)
    check(again.headers["Idempotency-Replayed"] == "true", "the second response is a replay")
    check(expect(Order, again.parsed).id == order.id, "the replay is the same order")

    card, key = PaymentCreation(payment_method="pm_card_visa"), str(uuid4())
    payment = create_payment.sync(order.id, client=customer, body=card, idempotency_key=key)
    check(expect(Payment, payment).status is PaymentStatus.CAPTURED, "the payment is captured")
    order = expect(Order, get_order.sync(order.id, client=customer))
    check(order.state is OrderState.PAID, "the order is paid")

    read = get_book.sync_detailed(found.id, client=staff)
    book, etag = expect(Book, read.parsed), read.headers["ETag"]
    price = Price(amount=book.price.amount + 1, currency=book.price.currency)
    dearer = BookUpdate(price=price)
    changed = update_book.sync(book.id, client=staff, body=dearer, if_match=etag)
    check(expect(Book, changed).price.amount == price.amount, "the new price is stored")
    check(expect(Book, changed).authors == book.authors, "the patch changes only the price")

    problem = expect(Problem, update_book.sync(book.id, client=staff, body=dearer, if_match=etag))
    check(problem.type_ is ProblemType.PRECONDITION_FAILED, "a stale ETag is rejected")

    amount = RefundAmount(amount=order.total.amount, currency=order.total.currency)
    refund = create_refund.sync(
        order.id,
        client=staff,
        body=RefundCreation(amount=amount, reason="The parcel was lost."),
        idempotency_key=str(uuid4()),
    )
    check(expect(Refund, refund).status is RefundStatus.SUCCEEDED, "the refund succeeds")

    bad_check_digit = BookUpdate(isbn="9780261102218")
    problem = expect(
        Problem, update_book.sync(book.id, client=staff, body=bad_check_digit, if_match="*")
    )
    check(problem.type_ is ProblemType.VALIDATION_FAILED, "a wrong check digit is rejected")
    [error] = problem.errors or []
    check(error.location is FieldLocation.BODY, "the invalid field is in the body")
    check(error.pointer == "/isbn", "the pointer leads to the invalid field")


def log_in(url: str, email: str) -> AuthenticatedClient:
    """Return a client that sends the user's access token."""
    credentials = Credentials(email=email, password="bookstore-demo")
    tokens = expect(TokenPair, login.sync(client=Client(url), body=credentials))
    return AuthenticatedClient(url, token=tokens.access_token)


def expect(kind: type[T], answer: object) -> T:
    """Return the answer if it has the expected type, or else end the program."""
    if not isinstance(answer, kind):
        sys.exit(f"expected {kind.__name__}: {answer}")
    return answer


def check(fact: bool, text: str) -> None:
    if not fact:
        sys.exit(f"not true: {text}")


if __name__ == "__main__":
    main(os.environ["BOOKSTORE_URL"])
