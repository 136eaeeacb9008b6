"""Buy a book with the Python client of openapi-generator, from the shop at BOOKSTORE_URL."""

import os
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bookstore_client import (
    AccountsApi,
    AddressInput,
    ApiClient,
    ApiException,
    ApiResponse,
    BookUpdate,
    CartApi,
    CartItemUpdate,
    CatalogueApi,
    Configuration,
    Credentials,
    FieldLocation,
    OrderPlacement,
    OrdersApi,
    OrderState,
    PaymentCreation,
    PaymentsApi,
    PaymentStatus,
    Price,
    Problem,
    ProblemType,
    RefundAmount,
    RefundCreation,
    RefundStatus,
)


def main(url: str) -> None:
    customer = log_in(url, "customer@bookstore.example")
    staff = log_in(url, "staff@bookstore.example")
    catalogue, orders = CatalogueApi(staff), OrdersApi(customer)

    found = catalogue.list_books(q="hobbit", limit=1).items[0]

    cart = CartApi(customer).put_cart_item(found.id, CartItemUpdate(quantity=1))
    check(cart.total.amount == found.price.amount, "the cart has the price of the book")

    address = AddressInput(
        name="Ada Lovelace",
        line1="12 St James's Square",
        postal_code="SW1Y 4JH",
        city="London",
        country="GB",
    )
    placement, key = OrderPlacement(shipping_address=address), str(uuid4())
    order = orders.place_order(key, placement)
    again = orders.place_order_with_http_info(key, placement)
    check(header(again, "Idempotency-Replayed") == "true", "the second response is a replay")
    check(again.data.id == order.id, "the replay is the same order")

    card = PaymentCreation(payment_method="pm_card_visa")
    payment = PaymentsApi(customer).create_payment(order.id, str(uuid4()), card)
    check(payment.status is PaymentStatus.CAPTURED, "the payment is captured")
    check(orders.get_order(order.id).state is OrderState.PAID, "the order is paid")

    read = catalogue.get_book_with_http_info(found.id)
    book, etag = read.data, header(read, "ETag")
    price = Price(amount=book.price.amount + 1, currency=book.price.currency)
    dearer = BookUpdate(price=price)
    changed = catalogue.update_book(book.id, etag, dearer)
    check(changed.price.amount == price.amount, "the new price is stored")
    check(changed.authors == book.authors, "the patch changes only the price")

    problem = problem_of(lambda: catalogue.update_book(book.id, etag, dearer))
    check(problem.type is ProblemType.PRECONDITION_FAILED, "a stale ETag is rejected")

    amount = RefundAmount(amount=order.total.amount, currency=order.total.currency)
    lost = RefundCreation(amount=amount, reason="The parcel was lost.")
    refund = PaymentsApi(staff).create_refund(order.id, str(uuid4()), lost)
    check(refund.status is RefundStatus.SUCCEEDED, "the refund succeeds")

    bad_check_digit = BookUpdate(isbn="9780261102218")
    problem = problem_of(lambda: catalogue.update_book(book.id, "*", bad_check_digit))
    check(problem.type is ProblemType.VALIDATION_FAILED, "a wrong check digit is rejected")
    [error] = problem.errors or []
    check(error.location is FieldLocation.BODY, "the invalid field is in the body")
    check(error.pointer == "/isbn", "the pointer leads to the invalid field")


def log_in(url: str, email: str) -> ApiClient:
    """Return a client that sends the user's access token."""
    accounts = AccountsApi(ApiClient(Configuration(host=url)))
    tokens = accounts.login(Credentials(email=email, password="bookstore-demo"))
    return ApiClient(Configuration(host=url, access_token=tokens.access_token))


def header(response: ApiResponse[Any], name: str) -> str:
    """Return a header; the client has them in a dictionary, spelled as the server spells them."""
    return {key.lower(): value for key, value in (response.headers or {}).items()}[name.lower()]


def problem_of(call: Callable[[], object]) -> Problem:
    """Return the problem with which the shop rejects the call."""
    try:
        call()
    except ApiException as error:
        if isinstance(error.data, Problem):
            return error.data
        raise
    sys.exit("the request should be rejected")


def check(fact: bool, text: str) -> None:
    if not fact:
        sys.exit(f"not true: {text}")


if __name__ == "__main__":
    main(os.environ["BOOKSTORE_URL"])
