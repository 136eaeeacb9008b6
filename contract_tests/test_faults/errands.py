"""Requests with one effect each, all ready to be sent: placing, paying, shipping and the rest."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from harness import formats, webhooks
from harness.branch import Branch
from harness.client import Client, patiently, succeeded
from harness.contract import Json
from harness.events import CAPTURED, PATH, Events
from harness.sales import STATES

EACH = 3
"""Errands of each kind."""
KINDS = ("placing", "paying", "event", "shipping", "cancelling", "refunding", "adjusting")


@dataclass
class Errand:
    """A request that is sent again, as it is, until its answer has come."""

    kind: str
    send: Callable[[], httpx.Response]
    is_done: Callable[[httpx.Response], bool]
    """Whether the shop shows what this answer says."""
    answer: httpx.Response | None = None

    def run(self) -> None:
        """Send it until the shop has a hand free; no answer if the connection breaks."""
        try:
            self.answer = succeeded(patiently(self.send))
        except httpx.TransportError:
            self.answer = None

    def __str__(self) -> str:
        return f"{self.kind}, {self.answer.status_code if self.answer else 'no answer'}"


@dataclass(frozen=True)
class Errands:
    """What a branch's customers, staff and provider have to do with one book."""

    branch: Branch
    book: Json
    buyers: list[Client]
    """At least as many as errands of one kind: each has a cart of their own."""

    def ready(self, *kinds: str) -> list[Errand]:
        """Some of each kind, or of these kinds, in any order."""
        makers = [getattr(self, kind) for kind in kinds or KINDS]
        with self.branch.sandbox.mute():
            errands = [make(buyer) for make in makers for buyer in self.buyers[:EACH]]
        return random.sample(errands, len(errands))

    def placing(self, buyer: Client) -> Errand:
        """An order from a full cart, by somebody who has no other errand with a cart."""
        sales, key = self.branch.sales, formats.word()
        customer = self.buyers[EACH + self.buyers.index(buyer)]
        sales.fill(customer, (self.book, 2))
        return Errand("placing", lambda: sales.place(customer, key), self._is_order)

    def paying(self, buyer: Client) -> Errand:
        sales, key, order = self.branch.sales, formats.word(), self._order(buyer)
        return Errand("paying", lambda: sales.pay(buyer, order, key=key), self._is_payment)

    def event(self, buyer: Client) -> Errand:
        """News of a payment whose outcome the shop does not know."""
        sales, sandbox, order = self.branch.sales, self.branch.sandbox, self._order(buyer)
        with sandbox.misbehaving("createPayment", "malformed"):
            payment = succeeded(sales.pay(buyer, order), 202).json()
        its_id = sandbox.payment(payment["id"])["id"]
        content, event_id = Events.event(CAPTURED, payment, id=its_id), formats.word()

        def tell() -> httpx.Response:
            signed = webhooks.headers(content, webhooks.SECRETS[0], event_id=event_id)
            headers = {"Content-Type": "application/json", **signed}
            return self.branch.anyone.post(PATH, content=content, headers=headers)

        return Errand("event", tell, lambda _: bool(sales.now(order)["state"] == "paid"))

    def shipping(self, buyer: Client) -> Errand:
        sales, key, order = self.branch.sales, formats.word(), self._paid(buyer)
        return Errand("shipping", lambda: sales.ship(order, key), self._is_order)

    def cancelling(self, buyer: Client) -> Errand:
        """A cancellation with money to give back."""
        sales, key, order = self.branch.sales, formats.word(), self._paid(buyer)
        return Errand("cancelling", lambda: sales.cancel(buyer, order, key), self._is_order)

    def refunding(self, buyer: Client) -> Errand:
        """A refund of a part."""
        sales, key, order = self.branch.sales, formats.word(), self._paid(buyer)

        def is_done(answer: httpx.Response) -> bool:
            return bool(sales.now(order)["refunded"] == answer.json()["amount"])

        return Errand("refunding", lambda: sales.refund(order, 300, key), is_done)

    def adjusting(self, _buyer: Client) -> Errand:
        """An adjustment of the book's stock."""
        shop, key = self.branch.sales.shop, formats.word()
        body = {"delta": 1, "reason": "returned"}
        path = f"/books/{self.book['id']}/stock-adjustments"

        def is_done(answer: httpx.Response) -> bool:
            return answer.json() in self.branch.admin.walk(path, limit=100)

        return Errand("adjusting", lambda: shop.adjust(self.book, body, key), is_done)

    def _order(self, buyer: Client) -> Json:
        return self.branch.sales.order(buyer, (self.book, 1))

    def _paid(self, buyer: Client) -> Json:
        return self.branch.sales.paid(buyer, (self.book, 1))

    def _is_order(self, answer: httpx.Response) -> bool:
        told = answer.json()
        now = self.branch.sales.now(told)
        same = all(now[name] == told[name] for name in ("lines", "total", "captured"))
        return same and STATES.index(now["state"]) >= STATES.index(told["state"])

    def _is_payment(self, answer: httpx.Response) -> bool:
        told = answer.json()
        now = succeeded(self.branch.admin.get(f"/payments/{told['id']}")).json()
        return bool(now["status"] in {told["status"], "captured"})
