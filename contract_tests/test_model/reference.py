"""The reference shop: what the contract says of each operation, without a database or a network.

An operation gets a request and returns the thing that the answer shows, or raises Refused with
every problem that the answer may name: a request with several faults may get any one of them.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx

from harness.contract import Json
from harness.shop import price
from test_model.refusals import Refused, admitted, refuse, require, visible
from test_model.request import Request
from test_model.sold import Line, Order, Payment, Refund
from test_model.things import (
    AWAITING,
    CANCELLED,
    DELIVERED,
    PAID,
    PENDING,
    SHIPPED,
    Author,
    Book,
    Cart,
    Category,
    Entry,
    Item,
    Named,
    Review,
    User,
)


@dataclass
class Kept:
    """An Idempotency-Key with its first request and answer."""

    request: Request
    thing: Any
    answer: httpx.Response | None = None


@dataclass
class Bookstore:
    """Everything there is."""

    users: list[User]
    authors: list[Author] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    books: list[Book] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    kept: dict[tuple[User, str], Kept] = field(default_factory=dict)

    def handle(self, request: Request) -> Any:
        """What a request leads to: a thing, nothing, or what was kept under its key."""
        who = admitted(request)
        key = (who, request.key or "")
        if kept := self.kept.get(key):
            require(kept.request.is_repeated_by(request), "idempotency-key-reused")
            return kept
        if getattr(request.about, "gone", False):
            raise Refused("not-found")
        thing = getattr(self, request.name)(request, who)
        if request.key:
            self.kept[key] = Kept(request, thing)
        return thing

    # Accounts.

    def update_user(self, request: Request, _: User) -> User:
        """A role counts from the next request on; disabling ends the session."""
        refuse(request.premise)
        user: User = request.about
        vars(user).update(request.body)
        user.signed_in = user.signed_in and not user.disabled
        return user

    def update_me(self, request: Request, who: User) -> User:
        """Reviews show the new name at once."""
        who.name = request.body["name"]
        return who

    def logout(self, _: Request, who: User) -> None:
        """End the session."""
        who.signed_in = False

    # The catalogue.

    def create_author(self, request: Request, _: User) -> Author:
        """An author without books."""
        self.authors.append(Author(request.body["name"]))
        return self.authors[-1]

    def create_category(self, request: Request, _: User) -> Category:
        """A category without books."""
        self.categories.append(Category(request.body["name"]))
        return self.categories[-1]

    def update_author(self, request: Request, _: User) -> Named:
        """Books show the new name at once."""
        refuse(request.premise)
        named: Named = request.about
        named.name = request.body["name"]
        return named

    update_category = update_author

    def delete_author(self, request: Request, _: User) -> None:
        """Not while books refer to them."""
        refuse(request.premise, "author-in-use" if request.about.is_in_use else None)
        request.about.gone = True

    def delete_category(self, request: Request, _: User) -> None:
        """Not while books are in it."""
        refuse(request.premise, "category-in-use" if request.about.is_in_use else None)
        request.about.gone = True

    def create_book(self, request: Request, _: User) -> Book:
        """A book without stock, by an author and in a category that are there."""
        members = {"description": None, "published_year": None, **request.body}
        author = _with_id(self.authors, *members.pop("author_ids"))
        category = _with_id(self.categories, *members.pop("category_ids"))
        require(author and category, "validation-failed")
        self._require_isbn(members, None, None)
        book = Book(members, author, category)
        for each in (author, category):
            each.books.append(book)
        self.books.append(book)
        return book

    def update_book(self, request: Request, _: User) -> Book:
        """Change what staff may set; what was ordered stays as it was."""
        book: Book = request.about
        self._require_isbn(request.body, book, request.premise)
        book.members.update(request.body)
        return book

    def _require_isbn(self, members: Json, book: Book | None, premise: str | None) -> None:
        others = [each for each in self.books if each is not book and not each.gone]
        is_taken = members.get("isbn") in [each.members["isbn"] for each in others]
        refuse(premise, "isbn-taken" if is_taken else None)

    def delete_book(self, request: Request, _: User) -> None:
        """Not once it was ordered."""
        refuse(request.premise, "book-ordered" if request.about.lines else None)
        request.about.gone = True

    def adjust_stock(self, request: Request, who: User) -> Entry:
        """Copies come or go, but none that are promised."""
        book: Book = request.about
        delta = request.body["delta"]
        require(book.available + delta >= 0, "insufficient-stock")
        return book.note(delta, request.body["reason"], who)

    # Reviews.

    def create_review(self, request: Request, who: User) -> Review:
        """Open to who received the book, once."""
        book: Book = request.about
        require(book.was_delivered_to(who), "review-not-allowed")
        require(not book.was_reviewed_by(who), "already-reviewed")
        review = Review(book, who, request.body.copy())
        for place in (self.reviews, book.reviews, who.reviews):
            place.append(review)
        return review

    def update_review(self, request: Request, who: User) -> Review:
        """Its author alone may."""
        review: Review = request.about
        require(review.user is who, "forbidden")
        refuse(request.premise)
        review.members.update(request.body)
        return review

    def delete_review(self, request: Request, who: User) -> None:
        """Its author or staff may."""
        review: Review = request.about
        require(review.user is who or who.is_staff, "forbidden")
        refuse(request.premise)
        review.gone = True
        for place in (self.reviews, review.book.reviews, review.user.reviews):
            place.remove(review)

    # The cart.

    def put_cart_item(self, request: Request, who: User) -> Cart:
        """Set quantity and price; the item keeps its place, what is no longer sold drops out."""
        refuse(request.premise)
        book: Book = request.about
        who.cart.items = {item.book: item for item in who.cart.shown}
        who.cart.items[book] = Item(book, request.body["quantity"], book.price)
        return who.cart

    def delete_cart_item(self, request: Request, who: User) -> None:
        """Take a book out."""
        require(request.about in who.cart.items, "not-found")
        del who.cart.items[request.about]

    def clear_cart(self, _: Request, who: User) -> None:
        """Take everything out."""
        who.cart.items.clear()

    # Orders.

    def place_order(self, request: Request, who: User) -> Order:
        """All of the cart, or nothing: what is short comes first, then what was repriced."""
        items = who.cart.shown
        require(items, "cart-empty")
        short = [_short(each) for each in items if each.book.available < each.quantity]
        if short:
            raise Refused("insufficient-stock", items=short)
        repriced = [_repriced(each) for each in items if each.book.price != each.unit]
        if repriced:
            raise Refused("price-changed", items=repriced)
        order = Order(who, request.body["shipping_address"])
        for item in items:
            seen = item.book.members
            line = Line(order, item.book, seen["isbn"], seen["title"], item.quantity, item.unit)
            order.lines.append(line)
            item.book.lines.append(line)
        who.cart.items.clear()
        self.orders.append(order)
        return order

    def get_order(self, request: Request, who: User) -> Order:
        """The owner or staff may see it."""
        return visible(request.about, who)

    def cancel_order(self, request: Request, who: User) -> Order:
        """Before it is shipped; what was captured and not given back yet goes back."""
        order = visible(request.about, who)
        require(order.state in {AWAITING, PAID}, "order-state")
        payment = order.live_payment
        require(not payment or payment.status != PENDING, "payment-in-progress")
        if order.kept:
            order.give_back(order.kept)
        order.state = CANCELLED
        order.cancelled_by = "customer" if order.user is who else "staff"
        return order

    def ship_order(self, request: Request, who: User) -> Order:
        """The copies leave the shelf, and the ledger says so."""
        order: Order = request.about
        require(order.state == PAID, "order-state")
        order.state, order.shipment = SHIPPED, request.body
        for line in order.lines:
            line.book.note(-line.quantity, "shipped", who)
        return order

    def deliver_order(self, request: Request, _: User) -> Order:
        """It has arrived."""
        order: Order = request.about
        require(order.state == SHIPPED, "order-state")
        order.state = DELIVERED
        return order

    # Money.

    def create_payment(self, request: Request, who: User) -> Payment:
        """The owner pays, once; a lost answer leaves the payment pending."""
        order: Order = request.about
        require(order.user is who, "not-found")
        require(order.state == AWAITING, "order-state")
        require(not order.live_payment, "payment-in-progress")
        payment = Payment(order, request.body["payment_method"])
        order.payments.append(payment)
        if not request.lost:
            payment.settle()
        return payment

    def get_payment(self, request: Request, who: User) -> Payment:
        """Whoever may see the order."""
        payment: Payment = request.about
        visible(payment.order, who)
        return payment

    def create_refund(self, request: Request, _: User) -> Refund:
        """At most what was captured and is neither given back nor on its way."""
        order: Order = request.about
        amount = request.body["amount"]["amount"]
        require(order.captured, "order-state")
        require(amount <= order.kept, "refund-exceeds-captured")
        return order.give_back(amount, lost=request.lost)


def _with_id(named: list[Any], name_id: str) -> Any:
    return next((each for each in named if each.id == name_id and not each.gone), None)


def _short(item: Item) -> Json:
    available = item.book.available
    return {"book_id": item.book.id, "requested": item.quantity, "available": available}


def _repriced(item: Item) -> Json:
    prices = {"cart_price": price(item.unit), "price": price(item.book.price)}
    return {"book_id": item.book.id, **prices}
