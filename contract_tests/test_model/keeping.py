"""What staff and admins do: stock, catalogue, orders on their way, money back, accounts."""

from hypothesis import strategies as st

from harness.sales import SHIPMENT, VISA
from harness.shop import price
from test_model.crew import ROLES
from test_model.machine import BY, MATCH, PRICES, WHICH, Machine, pick
from test_model.steps import step
from test_model.things import AWAITING, PAID, SHIPPED

PARTS = st.sampled_from(["1", "half", "all", "too much"])


class Keeping(Machine):
    """Their steps; others try them too."""

    @step(weight=3, which=WHICH, by=BY, again=st.booleans())
    def cancel(self, which: int, by: str, *, again: bool) -> None:
        """Cancel an order, and perhaps cancel it once more."""
        order = self.order(which, PAID, AWAITING)
        for _ in range(1 + again):
            self.ask("cancelOrder", self.one(by, order.user), order)

    @step(which=WHICH, by=BY)
    def ship(self, which: int, by: str) -> None:
        """Ship an order."""
        self.ask("shipOrder", self.one(by), self.order(which, PAID), SHIPMENT)

    @step(which=WHICH, by=BY)
    def deliver(self, which: int, by: str) -> None:
        """Deliver an order."""
        self.ask("deliverOrder", self.one(by), self.order(which, SHIPPED))

    @step(weight=2, which=WHICH)
    def carry_through(self, which: int) -> None:
        """Take an order all the way to the door, if it can be."""
        if not self.has_order(AWAITING, PAID):
            return
        order = self.order(which, AWAITING, PAID)
        if order.state == AWAITING:
            body = {"payment_method": VISA}
            self.ask("createPayment", self.name_of(order.user), order, body)
        self.ask("shipOrder", "vera", order, SHIPMENT)
        self.ask("deliverOrder", "vera", order)

    @step(weight=3, which=WHICH, by=BY, part=PARTS, lost=st.booleans())
    def refund(self, which: int, by: str, part: str, *, lost: bool) -> None:
        """Give some money back, or more than there is; perhaps the provider's answer is lost."""
        order = pick(which, self.shop.orders, lambda order: order.kept > 0)
        kept = order.kept
        amount = {"1": 1, "half": kept // 2, "all": kept, "too much": kept + 1}[part] or 1
        lost = lost and self.crew.sandbox is not None
        self.ask("createRefund", self.one(by), order, {"amount": price(amount)}, lost=lost)

    @step(which=WHICH)
    def hear_of_it(self, which: int) -> None:
        """The provider's event arrives after all."""
        if self.pending:
            self.hear(pick(which, self.pending))

    @step(which=WHICH, by=BY, delta=st.sampled_from([3, 1, -1, -2, -5]))
    def adjust(self, which: int, by: str, delta: int) -> None:
        """Copies come or go."""
        body = {"delta": delta, "reason": "correction"}
        self.ask("adjustStock", self.one(by), self.book(which), body)

    @step(
        which=WHICH,
        by=BY,
        what=st.sampled_from(["price", "price", "title", "year", "taken"]),
        amount=PRICES,
        match=MATCH,
    )
    def edit(self, which: int, by: str, what: str, amount: int, match: str) -> None:
        """Change a book, perhaps to what it is, or so that it has another one's ISBN."""
        changes = {
            "price": {"price": price(amount)},
            "title": {"title": f"Book {self.crew.word()}", "isbn": self.crew.isbn()},
            "year": {"published_year": 1900 + which, "description": "Read\nit."},
            "taken": {"isbn": self.book(0).members["isbn"]},
        }
        self.ask("updateBook", self.one(by), self.book(which), changes[what], match=match)

    @step(by=BY, amount=PRICES, taken=st.sampled_from([False, False, True]))
    def add(self, by: str, amount: int, *, taken: bool) -> None:
        """Add a book without copies, perhaps one that is there."""
        members = self.book_members(amount)
        if taken:
            members["isbn"] = self.book(0).members["isbn"]
        self.ask("createBook", self.one(by), body=members)

    @step(which=WHICH, by=BY, match=MATCH)
    def remove(self, which: int, by: str, match: str) -> None:
        """Delete a book, and see that nobody can do anything with it any more."""
        book = self.book(which, fits=lambda book: not book.lines)
        self.ask("putCartItem", "ben", book, {"quantity": 1})
        self.ask("deleteBook", self.one(by), book, match=match)
        if book.gone:
            self.ask("putCartItem", "ada", book, {"quantity": 1})
            self.ask("createReview", "ada", book, {"rating": 1})
            self.ask("adjustStock", "vera", book, {"delta": 1, "reason": "received"})

    @step(kind=st.sampled_from(["Author", "Category"]), by=BY, match=MATCH, delete=st.booleans())
    def rename(self, kind: str, by: str, match: str, *, delete: bool) -> None:
        """Give an author or a category another name, or try to delete it under its books."""
        named = self.author if kind == "Author" else self.category
        if delete:
            self.ask(f"delete{kind}", self.one(by), named, match=match)
        else:
            self.ask(f"update{kind}", self.one(by), named, {"name": self.crew.word()}, match=match)

    @step(
        who=st.sampled_from(["ada", "ben", "sam"]),
        role=st.sampled_from(["customer", "staff", "admin", None]),
        by=BY,
        match=MATCH,
    )
    def call(self, who: str, role: str | None, by: str, match: str) -> None:
        """Give somebody a role, which counts from their next request on; or let them rename."""
        if role:
            self.ask("updateUser", self.one(by), self.people[who], {"role": role}, match=match)
        else:
            self.ask("updateMe", who, body={"name": f"{who.title()} {self.crew.word()}"})

    @step(
        who=st.sampled_from([name for name in ROLES if name != "vera"]),
        how=st.sampled_from(["logs out", "is disabled", "was robbed of a token"]),
    )
    def leave(self, who: str, how: str) -> None:
        """Somebody's session ends at once; then they come back in a new one."""
        user = self.people[who]
        if how == "logs out":
            self.ask("logout", who)
        elif how == "is disabled":
            self.ask("updateUser", "vera", user, {"disabled": True}, match="fresh")
        else:
            self.crew.rob(who)
            user.signed_in = False
        self.ask("putCartItem", who, self.book(0), {"quantity": 1})
        self.ask("adjustStock", who, self.book(0), {"delta": 1, "reason": "received"})
        if user.disabled:
            self.ask("updateUser", "vera", user, {"disabled": False}, match="fresh")
            self.ask("clearCart", who)  # a session that has ended stays so
        self.crew.sign_in(who)
        self.give_token(who)
