"""A shop with five people in it, and how the steps speak of them."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from harness.contract import Json
from harness.sales import ADDRESS, SHIPMENT, VISA
from harness.shop import price
from test_model.counter import Counter
from test_model.crew import ROLES, Crew
from test_model.reference import Bookstore
from test_model.request import FRESH, MISSING, STALE, Request
from test_model.sold import Order, Payment, Refund
from test_model.steps import Step
from test_model.things import AN_ID, PENDING, Book, User

AnyThing = TypeVar("AnyThing")

NOBODY = "nobody"
PEOPLE = st.sampled_from(list(ROLES))
BY = st.sampled_from([*["who may"] * 4, "a customer", "a customer", "sam", "sam", NOBODY])
"""Somebody who may do what is asked for (the owner of an order, say, or staff), or who may not."""
WHICH = st.sampled_from([0, 0, 1, 1, 2, 2, 3, 5, 8])
"""Counts the fitting books, orders, reviews from the oldest, then the others, round and round."""
PRICES = st.sampled_from([1, 435, 500, 1999, 99_999_999])
"""Some of them lose a cent in floats, where `19.99 * 100` is 1998.9999999999998."""
MATCH = st.sampled_from([FRESH, FRESH, FRESH, STALE, MISSING])


class Machine(RuleBasedStateMachine):
    """What every step stands on."""

    crew: Crew
    """Set by the test, once for all runs."""
    last: "Machine"
    """The last run."""

    def __init__(self) -> None:
        super().__init__()
        crew = self.crew
        self.taken: list[Step] = []
        self.people = crew.users()
        self.shop = Bookstore(list(self.people.values()))
        self.counter = Counter(self.shop, crew.anyone, crew.admin, crew.sandbox)
        for name in self.people:
            self.give_token(name)

    def give_token(self, name: str) -> None:
        """Let somebody speak in their current session."""
        user = self.people[name]
        user.signed_in = True
        self.counter.clients[user] = self.crew.persons[name].client

    def ask(
        self,
        operation_id: str,
        by: str,
        about: Any = None,
        body: Json = None,
        **more: Any,
    ) -> Any:
        """Ask for something; where it moves money or stock, under a key of its own."""
        request = Request(operation_id, self.people.get(by), about, body, **more)
        if request.takes_key:
            request = request.but(key=self.crew.word())
        return self.counter.ask(request)

    def book(self, which: int, fits: Callable[[Book], bool] = bool) -> Book:
        """A book that is still sold."""
        return pick(which, [book for book in self.shop.books if not book.gone], fits)

    def order(self, which: int, *states: str) -> Order:
        """An order, in one of these states if there is one."""
        return pick(which, self.shop.orders, lambda order: order.state in states)

    def has_order(self, *states: str) -> bool:
        """Whether there is an order in one of these states."""
        return any(order.state in states for order in self.shop.orders)

    @property
    def pending(self) -> list[Payment | Refund]:
        """What nobody but the provider knows the outcome of."""
        money: list[Payment | Refund] = []
        for order in self.shop.orders:
            money += [*order.payments, *order.refunds]
        return [one for one in money if one.status == PENDING]

    def name_of(self, user: User) -> str:
        """What steps call somebody."""
        return next(name for name, each in self.people.items() if each is user)

    def one(self, by: str, owner: User | None = None) -> str:
        """Whoever that is: with an owner, of something of theirs."""
        strangers = [name for name in ROLES if self.people[name] is not owner]
        others = {"who may": self.name_of(owner) if owner else "vera", "a customer": strangers[0]}
        return others.get(by, by)

    @initialize()
    def open(self) -> None:
        """Open the shop, and look around."""
        self.fill()
        self.counter.check()
        self.counter.story.clear()

    def do(self, step: Step) -> None:
        """Take a step; then all that it touched is as it should be."""
        self.taken.append(step)
        self.counter.story.append(f"  {step}")
        step.take(self)
        self.counter.check()

    def close(self) -> None:
        """Let all news come in, latest first and what is old news again; look at everything."""
        for order in reversed(self.shop.orders) if self.crew.sandbox else []:
            for refund in reversed(order.refunds):
                self.tell(refund)
            for payment in reversed(order.payments):
                self.tell(payment)
        self.counter.check_everything()

    def teardown(self) -> None:
        """Close, unless something went wrong before."""
        type(self).last = self
        if sys.exc_info()[0] is None:
            self.close()

    def fill(self) -> None:
        """Three books; Ada got hers and reviewed one; Ben and Cleo have paid for theirs."""
        word = self.crew.word()
        self.author = self.ask("createAuthor", "sam", body={"name": f"Author {word}"})
        self.category = self.ask("createCategory", "sam", body={"name": f"Category {word}"})
        for amount in (435, 1999, 500):
            self.new_book(amount)
        self.sell("ada", {0: 1, 1: 2})
        self.ask("shipOrder", "vera", self.order(0), SHIPMENT)
        self.ask("deliverOrder", "vera", self.order(0))
        self.ask("createReview", "ada", self.book(0), {"rating": 4})
        self.sell("ben", {0: 1, 2: 2})
        self.sell("cleo", {0: 1}, "pm_card_refund_fails")

    def new_book(self, amount: int) -> None:
        """A book with five copies."""
        book = self.ask("createBook", "vera", body=self.book_members(amount))
        self.ask("adjustStock", "vera", book, {"delta": 5, "reason": "received"})

    def book_members(self, amount: int) -> Json:
        """What a new book is made of."""
        return {
            "isbn": self.crew.isbn(),
            "title": f"Book {self.crew.word()}",
            "author_ids": [self.author.id],
            "category_ids": [self.category.id],
            "price": price(amount),
        }

    def sell(self, who: str, lines: dict[int, int], card: str = VISA) -> Order | None:
        """Fill a cart, place an order, pay; the order, if it came to that."""
        for which, quantity in lines.items():
            self.ask("putCartItem", who, self.book(which), {"quantity": quantity})
        order: Order | None = self.ask("placeOrder", who, body={"shipping_address": ADDRESS})
        if order:
            self.ask("createPayment", who, order, {"payment_method": card})
        return order

    def hear(self, one: Payment | Refund) -> None:
        """Have the provider tell what became of it; the second time changes nothing."""
        for _ in range(2):
            self.tell(one)
            self.counter.check()

    def tell(self, one: Payment | Refund) -> None:
        """Have the provider send its event, if it is known by a request of its own."""
        assert self.crew.sandbox
        if one.id is not AN_ID:
            (event,) = self.crew.sandbox.events(one.id)
            self.crew.sandbox.deliver(event)
            one.settle()
            self.counter.touch(one)


def pick(which: int, things: list[AnyThing], fits: Callable[[AnyThing], bool] = bool) -> AnyThing:
    """One of several: those that fit are counted first."""
    counted = sorted(things, key=lambda thing: not fits(thing))
    return counted[which % len(counted)]
