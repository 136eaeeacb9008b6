"""What customers do: carts, orders, payments, reviews."""

from hypothesis import strategies as st

from harness.sales import ADDRESS, SHIPMENT, VISA
from harness.shop import price
from test_model.machine import BY, MATCH, NOBODY, PEOPLE, PRICES, WHICH, Machine, pick
from test_model.request import FRESH, STALE
from test_model.sold import CARDS
from test_model.steps import step
from test_model.things import AWAITING

CARD = st.sampled_from([VISA, VISA, *CARDS])
RATING = st.integers(1, 5)


class Buying(Machine):
    @step(
        who=PEOPLE,
        which=WHICH,
        quantity=st.sampled_from([1, 2, 3, 4, 0, None]),
        match=st.sampled_from([None, None, FRESH, STALE]),
    )
    def put(self, who: str, which: int, quantity: int | None, match: str | None) -> None:
        """Put so many copies of a book into a cart, none of it, or nothing at all."""
        if quantity is None:
            self.ask("clearCart", who)
        elif quantity:
            body = {"quantity": quantity}
            self.ask("putCartItem", who, self.book(which), body, match=match)
        else:
            self.ask("deleteCartItem", who, self.book(which))

    @step(who=st.one_of(PEOPLE, st.just(NOBODY)), line2=st.sampled_from([None, "Flat 3"]))
    def place(self, who: str, line2: str | None) -> None:
        """Place an order from a cart, whatever is in it."""
        self.ask("placeOrder", who, body={"shipping_address": {**ADDRESS, "line2": line2}})

    @step(
        weight=2,
        who=PEOPLE,
        lines=st.dictionaries(WHICH, st.integers(1, 3), min_size=1, max_size=2),
        card=CARD,
    )
    def buy(self, who: str, lines: dict[int, int], card: str) -> None:
        """Fill a cart, place an order, pay: as far as that goes."""
        self.sell(who, lines, card)

    @step(which=WHICH, who=PEOPLE, amount=PRICES)
    def hesitate(self, which: int, who: str, amount: int) -> None:
        """Order a book whose price changes while it is in the cart; then accept the new one."""
        book = self.book(which)
        self.ask("putCartItem", who, book, {"quantity": 1})
        self.ask("updateBook", "vera", book, {"price": price(amount)}, match=FRESH)
        body = {"shipping_address": ADDRESS}
        if not self.ask("placeOrder", who, body=body):
            self.ask("putCartItem", who, book, {"quantity": 1})
            self.ask("placeOrder", who, body=body)

    @step(which=WHICH, by=BY, card=CARD, lost=st.booleans())
    def pay(self, which: int, by: str, card: str, *, lost: bool) -> None:
        """Pay an order; perhaps the provider's answer is lost."""
        order = self.order(which, AWAITING)
        lost = lost and self.crew.sandbox is not None
        body = {"payment_method": card}
        self.ask("createPayment", self.one(by, order.user), order, body, lost=lost)

    @step(
        weight=2,
        which=WHICH,
        who=PEOPLE,
        rating=RATING,
        kind=st.sampled_from(["new", "new", "again", "any"]),
    )
    def write(self, which: int, who: str, rating: int, kind: str) -> None:
        """Review a book: one that was received, or one that was reviewed, or any."""
        read = [
            (user, book)
            for book in self.shop.books
            for user in self.shop.users
            if book.was_delivered_to(user) and book.was_reviewed_by(user) == (kind == "again")
        ]
        anyway = self.people[who], self.book(which)
        user, book = pick(which, read) if read and kind != "any" else anyway
        self.ask("createReview", self.name_of(user), book, {"rating": rating})

    @step(weight=3, which=WHICH, who=PEOPLE, rating=RATING)
    def read(self, which: int, who: str, rating: int) -> None:
        """Buy a book, get it and review it: as far as that goes."""
        self.ask("clearCart", who)
        book = self.book(which)
        if order := self.sell(who, {which: 1}):
            self.ask("shipOrder", "vera", order, SHIPMENT)
            self.ask("deliverOrder", "vera", order)
        self.ask("createReview", who, book, {"rating": rating})

    @step(weight=2, which=WHICH, by=BY, rating=RATING, match=MATCH)
    def rewrite(self, which: int, by: str, rating: int, match: str) -> None:
        if reviews := self.shop.reviews:
            review = pick(which, reviews)
            who = self.one(by, review.user)
            self.ask("updateReview", who, review, {"rating": rating}, match=match)

    @step(which=WHICH, by=BY, match=MATCH)
    def withdraw(self, which: int, by: str, match: str) -> None:
        if reviews := self.shop.reviews:
            review = pick(which, reviews)
            self.ask("deleteReview", self.one(by, review.user), review, match=match)
