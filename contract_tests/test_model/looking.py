"""What anybody does again, and what lists and reports say."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from harness.client import refused, succeeded
from harness.contract import Json
from harness.sales import ADDRESS, SHIPMENT, STATES
from harness.shop import price
from test_model import invariants
from test_model.comparing import is_same
from test_model.machine import BY, PEOPLE, WHICH, Machine
from test_model.steps import step
from test_model.things import AWAITING, Book, Category

MAX_ROWS = 1000
"""Of a report; past them a row of ours may be cut off."""

OTHERWISE: Json = {
    "placeOrder": {"shipping_address": {**ADDRESS, "city": "Paris"}},
    "createPayment": {"payment_method": "pm_card_mastercard"},
    "createRefund": {"amount": price(7)},
    "shipOrder": {**SHIPMENT, "carrier": "DHL"},
    "adjustStock": {"delta": 2, "reason": "received"},
    "cancelOrder": None,
}
"""Another body of each request that has a key."""


def rank(book: Book, sort: str) -> Json:
    """Where a list puts a book."""
    average = book.rating["average"] or 0
    return {"title": book.members["title"], "price": book.price, "rating": average}[sort]


class Looking(Machine):
    """Repetitions have no second effect, and lists have none."""

    @step(
        back=st.integers(0, 5),
        how=st.sampled_from(["the same", "another body", "somebody else"]),
        who=PEOPLE,
    )
    def repeat(self, back: int, how: str, who: str) -> None:
        """Send a request again under its key, or with a difference."""
        asked = self.counter.asked
        request = asked[-1 - back % len(asked)].but(lost=False)
        if how == "another body":
            request = request.but(body=OTHERWISE[request.operation_id])
        elif how == "somebody else":
            request = request.but(who=self.people[who])
        self.counter.ask(request)

    @step(which=WHICH, by=BY, payment=st.booleans())
    def see(self, which: int, by: str, *, payment: bool) -> None:
        """See an order, or its first payment, which may be pending."""
        order = self.order(which, AWAITING)
        who = self.one(by, order.user)
        if payment and order.payments:
            self.ask("getPayment", who, order.payments[0])
        else:
            self.ask("getOrder", who, order)

    @step(who=PEOPLE, whose=PEOPLE, state=st.sampled_from([None, *STATES]))
    def list_orders(self, who: str, whose: str, state: str | None) -> None:
        """Somebody's orders, as somebody sees them: newest first, of earlier runs last."""
        user, owner = self.people[who], self.people[whose]
        theirs = [order for order in reversed(self.shop.orders) if order.user is owner]
        expected = [order.summary() for order in theirs if state in {None, order.state}]
        params: Json = {"user_id": owner.id, "limit": 100}
        params |= {"state": state} if state else {}
        answer = succeeded(self.counter.clients[user].get("/orders", params=params), 200)
        found = answer.json()["items"]
        if user is owner or user.is_staff:
            is_same(answer, found[: len(expected)], expected)
        else:
            is_same(answer, found, [])

    @step(
        sort=st.sampled_from(["title", "price", "rating"]),
        down=st.booleans(),
        price_max=st.sampled_from([None, 500]),
        in_stock=st.sampled_from([None, True, False]),
    )
    def list_books(
        self, sort: str, price_max: int | None, *, down: bool, in_stock: bool | None
    ) -> None:
        """The books of a category, filtered and in order."""
        params: Json = {"category_id": self.category.id, "sort": "-" * down + sort, "limit": 100}
        books = [book for book in self.shop.books if not book.gone]
        if price_max is not None:
            params["price_max"] = price_max
            books = [book for book in books if book.price <= price_max]
        if in_stock is not None:
            params["in_stock"] = str(in_stock).lower()
            books = [book for book in books if (book.available > 0) == in_stock]
        answer = succeeded(self.crew.anyone.get("/books", params=params), 200)
        found = answer.json()["items"]
        shown = {book.id: book for book in books}
        is_same(answer, sorted(each["id"] for each in found), sorted(shown))
        is_same(answer, found, [shown[each["id"]].summary() for each in found])
        ranks = [rank(shown[each["id"]], sort) for each in found]
        is_same(answer, ranks, sorted(ranks, reverse=down))

    @step(by=BY, group_by=st.sampled_from(["day", "category", "book"]))
    def report(self, by: str, group_by: str) -> None:
        """What was sold: of all that others sell here meanwhile, this run's part."""
        today = datetime.now(UTC).date()
        params = {
            "from": str(today - timedelta(days=1)),
            "to": str(today + timedelta(days=1)),
            "group_by": group_by,
        }
        user = self.people.get(self.one(by))
        answer = self.counter.clients[user].get("/reports/sales", params=params)
        if not user or not user.is_staff:
            refused(answer, *(403, "forbidden") if user else (401, "unauthenticated"))
            return
        report = succeeded(answer, 200).json()
        if group_by == "day":
            invariants.of_report(report)
            return
        rows = {row["key"]: row for row in report["rows"]}
        if len(rows) < MAX_ROWS:
            groups = self.shop.books if group_by == "book" else [self.category]
            for group in groups:
                is_same(answer, rows.get(group.id), _sold(group))


def _sold(group: Book | Category) -> Json:
    """The row of a report about it, if it was sold: paid for, whatever became of it then."""
    books = [group] if isinstance(group, Book) else group.books
    lines = [line for book in books for line in book.lines if line.order.captured]
    row = {
        "key": group.id,
        "label": group.members["title"] if isinstance(group, Book) else group.name,
        "orders": len({line.order for line in lines}),
        "units": sum(line.quantity for line in lines),
        "gross": price(sum(line.quantity * line.unit for line in lines)),
    }
    return row if lines else None
