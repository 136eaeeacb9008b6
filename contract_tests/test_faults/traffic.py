"""Customers who go on buying whatever happens, and remember what the shop has acknowledged."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from harness import formats
from harness.branch import Branch
from harness.client import Client, refused, succeeded
from harness.contract import Json, slug
from harness.processes import eventually
from harness.sales import STATES, path_of
from test_faults.audit import audit, reconcile

REST_SECONDS = 0.1
"""Between two purchases of a customer: the machine is not what is to be tested."""
PATIENCE_SECONDS = 60.0
"""How long a customer tries, at most: longer than any fault lasts."""

Send = Callable[[], httpx.Response]


class AbandonedError(Exception):
    """Nobody waits for this customer any more."""


@dataclass
class Acknowledged:
    """What customers were told was done, by the kinds of it."""

    orders: dict[str, tuple[Json, str]] = field(default_factory=dict)
    """Each as it was placed, and the last state that somebody was told of."""
    payments: set[str] = field(default_factory=set)
    adjustments: set[str] = field(default_factory=set)


@dataclass
class Traffic:
    """Some customers of a branch, each in a thread of their own."""

    branch: Branch
    book: Json
    buyers: list[Client]
    told: Acknowledged = field(default_factory=Acknowledged)
    acknowledgements: int = 0
    refusals: int = 0
    """Answers that a dependency is down."""
    broken: int = 0
    """Requests without an answer."""
    _buying: list[Future[None]] = field(default_factory=list)
    _abandoned: threading.Event = field(default_factory=threading.Event)
    _closing: threading.Event = field(default_factory=threading.Event)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, pool: ThreadPoolExecutor) -> None:
        """Let everybody go shopping."""
        self._buying += [pool.submit(self._run, buyer) for buyer in self.buyers]

    def _run(self, buyer: Client) -> None:
        """Buy until the shop closes; then finish what was begun."""
        while not self._closing.is_set():
            self._put(buyer)
            key = formats.word()
            answer = self._insist(lambda key=key: self.branch.sales.place(buyer, key))  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
            if answer.status_code == 409:
                refused(answer, 409, "cart-empty")  # the store was emptied
                continue
            order = succeeded(answer, 201).json()
            self.told.orders[order["id"]] = (order, order["state"])
            self._pay_and_ship(buyer, order)
            self._adjust()
            self._closing.wait(REST_SECONDS)

    def abandon(self) -> None:
        """Let everybody go home: the test has failed."""
        self._closing.set()
        self._abandoned.set()

    def goes_on(self, much: int = 15) -> bool:
        """Whether the shop acknowledges so much more in time."""
        wanted = self.acknowledgements + much
        return self._comes_true(lambda: self.acknowledgements >= wanted)

    def notices(self, much: int = 3) -> bool:
        """Whether so many more requests are refused or break in time."""
        wanted = self.refusals + self.broken + much
        return self._comes_true(lambda: self.refusals + self.broken >= wanted)

    def end(self) -> None:
        """Wait for everybody to finish. Raises what a customer raised."""
        self._closing.set()
        wait(self._buying, timeout=2 * PATIENCE_SECONDS)
        for each in self._buying:
            each.result(0)

    def _comes_true(self, holds: Callable[[], bool]) -> bool:
        def so_far() -> bool:
            for each in self._buying:
                if each.done():
                    each.result()  # a customer who met with what no customer should
            return holds()

        return eventually(so_far, seconds=PATIENCE_SECONDS)

    def _put(self, buyer: Client) -> None:
        succeeded(self._insist(lambda: self.branch.sales.put(buyer, self.book, 2)), 200)

    def _pay_and_ship(self, buyer: Client, order: Json) -> None:
        sales, key = self.branch.sales, formats.word()
        payment = succeeded(self._insist(lambda: sales.pay(buyer, order, key=key))).json()
        self.told.payments.add(payment["id"])
        if payment["status"] != "captured":
            return
        self.told.orders[order["id"]] = (order, "paid")
        succeeded(self._insist(lambda: sales.ship(order, key)), 200)
        self.told.orders[order["id"]] = (order, "shipped")

    def _adjust(self) -> None:
        key, body = formats.word(), {"delta": 1, "reason": "returned"}
        answer = self._insist(lambda: self.branch.sales.shop.adjust(self.book, body, key))
        self.told.adjustments.add(succeeded(answer, 201).json()["id"])

    def _insist(self, send: Send) -> httpx.Response:
        """The answer to a request that is sent under its key until the shop has taken it up."""
        answers: list[httpx.Response] = []

        def answered() -> bool:
            if self._abandoned.is_set():
                raise AbandonedError
            try:
                answers.append(send())
            except httpx.TransportError:
                with self._counting:
                    self.broken += 1
                return False
            return not self._is_to_be_repeated(answers[-1])

        assert eventually(answered, seconds=PATIENCE_SECONDS)
        with self._counting:
            self.acknowledgements += answers[-1].is_success
        return answers[-1]

    def _is_to_be_repeated(self, answer: httpx.Response) -> bool:
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            with self._counting:
                self.refusals += 1
            return True
        in_flight = answer.status_code == 409
        return in_flight and slug(answer.json()["type"]) == "idempotency-key-in-flight"

    def is_all_there(self) -> None:
        """What was acknowledged has not been lost, and nothing else has been sold."""
        reconcile(self.branch)
        orders = audit(self.branch, [self.book])
        listed = [each for buyer in self.buyers for each in buyer.walk("/orders", limit=100)]
        assert {order["id"] for order in listed} == set(self.told.orders)
        for order, state in self.told.orders.values():
            now = orders[order["id"]]
            assert STATES.index(now["state"]) >= STATES.index(state), (path_of(order), state, now)
            assert (now["lines"], now["total"]) == (order["lines"], order["total"])
        for payment_id in self.told.payments:
            payment = succeeded(self.branch.admin.get(f"/payments/{payment_id}")).json()
            assert payment["status"] == "captured", payment
        ledger = self.branch.admin.walk(f"/books/{self.book['id']}/stock-adjustments", limit=100)
        returned = {entry["id"] for entry in ledger if entry["reason"] == "returned"}
        assert returned == self.told.adjustments


@contextmanager
def traffic(branch: Branch, customers: int = 4) -> Iterator[Traffic]:
    """Customers who buy while the block runs; after it, what they were told is held to be true."""
    book = branch.sales.book(100_000)
    buyers = [branch.customer().client for _ in range(customers)]
    load = Traffic(branch, book, buyers)
    with ThreadPoolExecutor(customers) as pool:
        load.begin(pool)
        try:
            assert load.goes_on()
            yield load
        except BaseException:
            load.abandon()
            raise
        load.end()
    load.is_all_there()
