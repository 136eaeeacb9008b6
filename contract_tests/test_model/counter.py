"""Where the shop is asked, and the reference too, and their answers are held against each other."""

from contextlib import ExitStack
from typing import Any

import httpx

from harness import answers
from harness.client import MERGE_PATCH, Client, location, succeeded
from harness.contract import Json
from harness.sandbox import Sandbox
from test_model import invariants
from test_model.comparing import is_refused, is_replayed, is_same
from test_model.reference import Bookstore, Kept
from test_model.refusals import Refused
from test_model.request import FRESH, STALE, Request
from test_model.sold import Order, Payment, Refund
from test_model.things import (
    CAPTURED,
    PENDING,
    SUCCEEDED,
    Author,
    Book,
    Cart,
    Category,
    Entry,
    Review,
    User,
)

MOVES_A_CART = {"putCartItem", "deleteCartItem", "clearCart", "placeOrder"}

Seen = tuple[Json, str]
"""An answer's body and entity tag."""


class Counter:
    """Asks on behalf of several people, and remembers what was seen."""

    def __init__(
        self, shop: Bookstore, anyone: Client, admin: Client, sandbox: Sandbox | None
    ) -> None:
        self.shop = shop
        self.clients: dict[User | None, Client] = {None: anyone}
        self.admin = admin
        """Somebody outside, who sees everything."""
        self.sandbox = sandbox
        self.asked: list[Request] = []
        """Those with an Idempotency-Key."""
        self.story: list[str] = []
        """What was asked, and answered."""
        self._touched: dict[Any, None] = {}
        self._seen: dict[Any, Seen] = {}
        self._stale: dict[Any, str] = {}

    def ask(self, request: Request) -> Any:
        """What a request leads to, in the reference; the shop's answer must be the same."""
        headers = self._headers(request)
        try:
            expected = self.shop.handle(request)
        except Refused as refusal:
            expected = refusal
        answer = self._send(request, headers)
        self.story.append(f"    {request} → {answer.status_code}")
        self.touch(request.about)
        if request.who and request.operation_id in MOVES_A_CART:
            self.touch(request.who.cart)
        if isinstance(expected, Refused):
            is_refused(answer, expected)
            return None
        if isinstance(expected, Kept):
            is_replayed(answer, expected)
            return None
        self._is_done(request, expected, answer)
        self.touch(expected)
        return expected

    def _send(self, request: Request, headers: dict[str, str | None]) -> httpx.Response:
        if request.key:
            self.asked.append(request)
        body = {} if request.body is None else {"json": request.body}
        method, client = request.operation.method, self.clients[request.who]
        with ExitStack() as trouble:
            if request.lost and self.sandbox:
                trouble.enter_context(self.sandbox.mute())
                fault = self.sandbox.misbehaving(request.operation_id, "drop_after")
                trouble.enter_context(fault)
            return client.request(method, request.path, headers=headers, **body)

    def _headers(self, request: Request) -> dict[str, str | None]:
        headers: dict[str, str | None] = {"Idempotency-Key": request.key}
        if request.operation.method == "PATCH":
            headers["Content-Type"] = MERGE_PATCH
        thing = request.about
        if request.operation_id == "putCartItem" and request.who:
            thing = request.who.cart
        if request.match in {FRESH, STALE}:
            fresh, stale = self.look(thing)[1], self._stale.get(thing)
            stale = stale if stale and stale != fresh else '"stale"'
            headers["If-Match"] = fresh if request.match == FRESH else stale
        return headers

    def _is_done(self, request: Request, thing: Any, answer: httpx.Response) -> None:
        told = answers.curl(answer)
        statuses = request.operation.responses
        pending = 202 in statuses and getattr(thing, "status", None) == PENDING
        status = 202 if pending else min(statuses)
        assert answer.status_code == status, f"not {status}:\n{told}"
        assert "Idempotency-Replayed" not in answer.headers, f"nothing to replay:\n{told}"
        if request.key and request.who:
            self.shop.kept[request.who, request.key].answer = answer
        if thing is None:
            return
        is_same(answer, answer.json(), thing.show())
        if not isinstance(thing, Cart):
            thing.id = answer.json()["id"]
        if "ETag" in answer.headers:
            self._note_seen(thing, answer)
        if "Location" in answer.headers:
            assert location(answer) == thing.path, told

    def touch(self, *things: Any) -> None:
        """See to it that `check` looks at these, and at what hangs on them."""
        for thing in things:
            if thing is None or thing in self._touched:
                continue
            if hasattr(thing, "path"):
                self._touched[thing] = None
            self.touch(*_related(thing))

    def check(self) -> None:
        """Look at what was touched since the last time."""
        touched, self._touched = self._touched, {}
        for thing in touched:
            self.look(thing)

    def check_everything(self) -> None:
        """Look at all that there is, and into the provider's books."""
        shop = self.shop
        self.touch(*shop.orders, *shop.books, *shop.reviews, *shop.users)
        self.touch(*[user.cart for user in shop.users])
        self.check()
        for book in shop.books:
            if not book.gone:
                self.ledger_of(book)
                self.reviews_of(book)
        for order in shop.orders:
            for payment in order.payments:
                self.look(payment)
                self._is_in_ledger(order, payment)

    def look(self, thing: Any) -> Seen:
        """Read a resource, and compare it with the reference and with the invariants."""
        client = self.clients[thing.user] if isinstance(thing, Cart) else self.admin
        answer = client.get(thing.path)
        if thing.gone:
            is_refused(answer, Refused("not-found"))
            return None, ""
        succeeded(answer, 200)
        body = answer.json()
        is_same(answer, body, thing.show())
        before = self._seen.get(thing, (None, ""))[0]
        self._note_seen(thing, answer)
        if isinstance(thing, Book) and (not before or before["stock"] != body["stock"]):
            self.ledger_of(thing)
        elif isinstance(thing, Order):
            invariants.of_order(body, before)
        elif isinstance(thing, Cart):
            invariants.of_cart(body)
        return self._seen[thing]

    def ledger_of(self, book: Book) -> None:
        """A book's ledger is the reference's, and adds up."""
        answer = succeeded(self.admin.get(f"{book.path}/stock-adjustments?limit=100"))
        found = answer.json()["items"]
        is_same(answer, found, [entry.show() for entry in reversed(book.ledger)])
        invariants.of_book(self._seen[book][0], found)

    def reviews_of(self, book: Book) -> None:
        """A book's reviews are the reference's, newest first, and its rating is their mean."""
        answer = succeeded(self.clients[None].get(f"{book.path}/reviews?limit=100"))
        found = answer.json()["items"]
        is_same(answer, found, [review.show() for review in reversed(book.reviews)])
        invariants.of_rating(self._seen[book][0], found)

    def _note_seen(self, thing: Any, answer: httpx.Response) -> None:
        now = answer.json(), answer.headers["ETag"]
        if before := self._seen.get(thing):
            invariants.of_tags(before, now, by_version=not isinstance(thing, Cart))
            if before[1] != now[1]:
                self._stale[thing] = before[1]
        self._seen[thing] = now

    def _is_in_ledger(self, order: Order, payment: Payment) -> None:
        """Check that the provider charged a payment at most once, and refunded what was due."""
        if self.sandbox is None:
            return
        is_captured = payment.status == CAPTURED
        given_back = sum(each.amount for each in order.refunds if each.status == SUCCEEDED)
        expected = (order.total, given_back) if is_captured else (0, 0)
        moved = self.sandbox.moved(payment.id)
        assert moved == expected, f"{payment.path}: the provider moved {moved}, not {expected}"


def _related(thing: Any) -> list[Any]:
    """What shows something of it, or shows less of it now."""
    if isinstance(thing, Order):
        return [thing.live_payment, *(line.book for line in thing.lines)]
    if isinstance(thing, Payment):
        return [thing.order]
    if isinstance(thing, Refund):
        return [thing.payment]
    if isinstance(thing, Review | Entry):
        return [thing.book]
    if isinstance(thing, Author | Category):
        return list(thing.books)
    return list(thing.reviews) if isinstance(thing, User) else []
