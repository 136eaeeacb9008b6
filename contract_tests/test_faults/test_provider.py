"""Whatever the payment provider does: one charge at most, and in the end both ledgers agree."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest

from harness.branch import Branch, open_branch
from harness.client import patiently, succeeded
from harness.contract import Json
from harness.processes import eventually
from harness.sales import DECLINED, REFUND_FAILS, VISA
from harness.shop import price
from harness.target import Ground

pytestmark = pytest.mark.slow
PRICE, PART = 1000, 300
NOT_DONE = {"status", "drop_before", "redirect"}
"""What keeps the provider from doing anything."""
LASTING: Json = {"times": None}
TWICE: Json = {"times": 2}


@dataclass(frozen=True)
class Fault:
    """A misbehaviour, and how the shop answers a request that it strikes."""

    kind: str
    options: Json
    answer: int

    @property
    def is_counted(self) -> bool:
        """Whether it strikes so many times only."""
        return self.options.get("times") is not None

    def answers(self, *, told: bool) -> set[int]:
        """What the shop may say: an event may be faster than the provider's answer."""
        return {self.answer, 201} if told and self.kind not in NOT_DONE else {self.answer}

    def __str__(self) -> str:
        shown = [str(self.options[name]) for name in ("status",) if name in self.options]
        return " ".join([self.kind, *shown, "twice" if self.options.get("times") else ""]).strip()


FAULTS = [
    Fault("hold", LASTING, 202),
    Fault("status", {"status": 429, **TWICE}, 201),
    Fault("status", {"status": 500, **LASTING}, 202),
    Fault("status", {"status": 502, **TWICE}, 201),
    Fault("status", {"status": 503, **LASTING}, 202),
    *(
        Fault(kind, LASTING, 202)
        for kind in (
            "drop_before",
            "drop_after",
            "malformed",
            "oversized",
            "redirect",
            "wrong_amount",
            "wrong_currency",
        )
    ),
]


@dataclass
class Table:
    """What each misbehaviour led to, for people."""

    lines: list[str] = field(default_factory=list)

    def add(self, on: str, what: object, answer: object, before: object, after: object) -> None:
        """A row: the fault, the shop's answer, its state then and in the end."""
        self.lines.append(f"| {on} | {what} | {answer} | {before} | {after} |")

    def __str__(self) -> str:
        head = "| fault on | fault | answer | then | after reconcile-payments |"
        return "\n".join([head, "|---|---|---|---|---|", *self.lines]) + "\n"


@pytest.fixture(scope="module")
def table(ground: Ground) -> Iterator[Table]:
    table = Table()
    yield table
    (ground.implementation.logs / "provider-faults.md").write_text(str(table))


@pytest.fixture(scope="module")
def branch(ground: Ground) -> Iterator[Branch]:
    """A shop that waits for its provider as long as a loaded machine may take to answer."""
    with open_branch(ground, "faults", PAYMENT_TIMEOUT_SECONDS="3") as branch:
        yield branch


@pytest.fixture(scope="module")
def book(branch: Branch) -> Json:
    return branch.sales.book(10_000, price=price(PRICE))


def reconcile(branch: Branch) -> None:
    branch.server.run("reconcile-payments", "--older-than", "0")


def payment_now(branch: Branch, payment: Json) -> Json:
    return succeeded(branch.admin.get(f"/payments/{payment['id']}")).json()


@dataclass(frozen=True)
class Books:
    """Order and payment as the shop has them, and what the provider says of the payment."""

    order: Json
    payment: Json
    captured: int
    refunded: int

    def agree(self) -> bool:
        """Whether both tell the same of the one payment of an order."""
        assert self.payment["status"] == ("captured" if self.captured else "failed")
        assert self.payment["refunded"]["amount"] == self.refunded
        told = (self.order["captured"]["amount"], self.order["refunded"]["amount"])
        assert told == (self.captured, self.refunded)
        return bool(self.order["state"] == ("paid" if self.captured else "awaiting_payment"))

    def __str__(self) -> str:
        state, status = self.order["state"], self.payment["status"]
        return f"{state}, {status}, provider {self.captured}−{self.refunded}"


def books(branch: Branch, order: Json, payment: Json) -> Books:
    """What shop and provider have written down by now; never a second charge."""
    entries = branch.sandbox.ledger(payment["id"])
    charges = [entry["amount"] for entry in entries if entry["kind"] == "capture"]
    refunds = [entry["amount"] for entry in entries if entry["kind"] == "refund"]
    assert len(charges) <= 1
    now, paid = branch.sales.now(order), payment_now(branch, payment)
    return Books(now, paid, sum(charges), sum(refunds))


@dataclass(frozen=True)
class Struck:
    """A payment that a fault struck, or the refund of it, and what could be seen then."""

    fault: Fault
    method: str
    order: Json
    payment: Json
    answer: httpx.Response
    before: Books

    def is_told(self, *, told: bool) -> None:
        """The shop said what it should: that the outcome is known, or that it is pending."""
        assert self.answer.status_code in self.fault.answers(told=told), self.fault
        is_pending = self.answer.json()["status"] == "pending"
        assert is_pending == (self.answer.status_code == 202), self.fault


def pay_in_vain(branch: Branch, fault: Fault, method: str, order: Json) -> Struck:
    """A payment under the faults of this moment."""
    answer = succeeded(branch.sales.pay(branch.buyer, order, method))
    payment = answer.json()
    return Struck(fault, method, order, payment, answer, books(branch, order, payment))


def refund_in_vain(branch: Branch, fault: Fault, method: str, order: Json, payment: Json) -> Struck:
    """A refund of this payment under a fault of its own."""
    mine = {**fault.options, "reference": payment["id"]}
    with branch.sandbox.misbehaving("createRefund", fault.kind, **mine):
        answer = succeeded(patiently(lambda: branch.sales.refund(order, PART)))
    return Struck(fault, method, order, payment, answer, books(branch, order, payment))


def settled(
    branch: Branch, table: Table, on: str, struck: list[Struck], *, told: bool
) -> list[Books]:
    """What is written down of each after reconciliation; shop and provider agree on it."""
    late = [each for each in struck if each.fault.kind == "hold"]
    for each in late:  # the provider goes on, though nobody waits for it
        reference = each.answer.json()["id"]
        find = branch.sandbox.payment if on == "createPayment" else branch.sandbox.refund
        assert eventually(lambda find=find, it=reference: find(it) is not None)  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
    reconcile(branch)
    after = [books(branch, each.order, each.payment) for each in struck]
    for each, now in zip(struck, after, strict=True):
        what = f"{each.fault}, {each.method}, {'events twice' if told else 'events lost'}"
        table.add(on, what, each.fault.answer, each.before, now)
    wrong = [each for each, now in zip(struck, after, strict=True) if not now.agree()]
    assert [str(each.fault) for each in wrong] == []
    return after


@pytest.mark.parametrize("told", [False, True], ids=["no event", "events"])
def test_a_payment_is_charged_once_and_settled(
    branch: Branch, book: Json, table: Table, *, told: bool
) -> None:
    struck: list[Struck] = []
    methods = (VISA,) if told else (VISA, DECLINED)
    with branch.sandbox.misbehaving("deliverEvent", "duplicate" if told else "lose"):
        for fault in FAULTS:
            strike = partial(pay_in_vain, branch, fault)
            # What strikes for so many times only strikes one payment alone.
            for together in [[each] for each in methods] if fault.is_counted else [methods]:
                orders = [branch.sales.order(branch.buyer, (book, 1)) for _ in together]
                with (
                    ThreadPoolExecutor(len(together)) as pool,
                    branch.sandbox.misbehaving("createPayment", fault.kind, **fault.options),
                ):
                    struck += pool.map(strike, together, orders)
    for each in struck:
        each.is_told(told=told)
    after = settled(branch, table, "createPayment", struck, told=told)
    for each, now in zip(struck, after, strict=True):
        assert (now.payment["status"] == "captured") == (each.method == VISA)


@pytest.mark.parametrize("told", [False, True], ids=["no event", "events"])
def test_a_refund_goes_back_once_and_is_settled(
    branch: Branch, book: Json, table: Table, *, told: bool
) -> None:
    sales, struck = branch.sales, list[Struck]()
    cases: list[tuple[Fault, str, Json, Json]] = []
    for fault in FAULTS:
        for method in (VISA,) if told else (VISA, REFUND_FAILS):
            order = sales.order(branch.buyer, (book, 1))
            cases.append((fault, method, order, sales.payment(branch.buyer, order, method)))
    with (
        branch.sandbox.misbehaving("deliverEvent", "duplicate" if told else "lose"),
        ThreadPoolExecutor(4) as pool,
    ):
        struck += pool.map(lambda case: refund_in_vain(branch, *case), cases)
    for each in struck:
        each.is_told(told=told)
    after = settled(branch, table, "createRefund", struck, told=told)
    for each, now in zip(struck, after, strict=True):
        assert now.order["refunded"] == price(PART if each.method == VISA else 0)


FINDING = [fault for fault in FAULTS if fault.kind in {"drop_before", "redirect"}]
"""What test_reconciliation.py does not do to the same."""


@pytest.mark.parametrize("fault", FINDING, ids=str)
def test_what_is_found_out_badly_is_found_out_later(
    branch: Branch, book: Json, table: Table, fault: Fault
) -> None:
    sandbox, sales = branch.sandbox, branch.sales
    order = sales.order(branch.buyer, (book, 1))
    with sandbox.mute(), sandbox.misbehaving("createPayment", "drop_after"):
        payment = succeeded(sales.pay(branch.buyer, order), 202).json()
    with sandbox.misbehaving("findPayment", fault.kind, **fault.options):
        server = branch.server
        arguments = ("reconcile-payments", "--older-than", "0")
        server.implementation.run(*arguments, environment=server.environment)
        before = books(branch, order, payment)
        # Where it cannot ask, it may send the payment again: the key makes that harmless.
        assert before.payment["status"] in {"pending", "captured"}
    assert before.captured
    reconcile(branch)
    after = books(branch, order, payment)
    table.add("findPayment", fault, "-", before, after)
    assert after.agree()


@pytest.mark.parametrize("kind", ["delay", "lose", "duplicate", "reorder"])
def test_events_come_late_never_twice_or_out_of_order(
    branch: Branch, book: Json, table: Table, kind: str
) -> None:
    sandbox, sales = branch.sandbox, branch.sales
    order = sales.order(branch.buyer, (book, 1))
    options = {"seconds": 1.0} if kind == "delay" else {}
    with (
        sandbox.misbehaving("deliverEvent", kind, **options),
        sandbox.misbehaving("createPayment", "drop_after"),
    ):
        answer = succeeded(sales.pay(branch.buyer, order))
        payment = answer.json()  # an event in time settles it before the answer
        assert (payment["status"] == "pending") == (answer.status_code == 202)
        before = books(branch, order, payment)
    if kind == "lose":
        reconcile(branch)
    assert eventually(lambda: sales.now(order)["state"] == "paid")
    with sandbox.misbehaving("deliverEvent", kind, **options):
        succeeded(sales.refund(order, PART), 201)
    assert kind == "lose" or eventually(lambda: _all_delivered(branch, payment), seconds=20)
    after = books(branch, order, payment)
    table.add("deliverEvent", kind, answer.status_code, before, after)
    assert after.agree()


def _all_delivered(branch: Branch, payment: Json) -> bool:
    return all(event["state"] == "delivered" for event in branch.sandbox.events(payment["id"]))


def test_both_ledgers_agree_in_the_end(branch: Branch, table: Table) -> None:
    assert table.lines
    reconcile(branch)
    orders = branch.admin.walk("/orders", limit=100)
    captured = sum(order["captured"]["amount"] for order in orders)
    refunded = sum(order["refunded"]["amount"] for order in orders)
    entries = branch.sandbox.ledger()
    moved = {
        kind: sum(entry["amount"] for entry in entries if entry["kind"] == kind)
        for kind in ("capture", "refund")
    }
    assert moved == {"capture": captured, "refund": refunded}
    charges = [entry["payment_id"] for entry in entries if entry["kind"] == "capture"]
    assert len(charges) == len(set(charges))
