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
    Fault("delay", {"seconds": 1.5}, 202),
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

    def add(self, on: str, what: object, answer: object, before: Json, after: Json) -> None:
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
    """A shop that waits a second for its provider."""
    with open_branch(ground, "faults", PAYMENT_TIMEOUT_SECONDS="1") as branch:
        yield branch


@pytest.fixture(scope="module")
def book(branch: Branch) -> Json:
    return branch.sales.book(10_000, price=price(PRICE))


def reconcile(branch: Branch) -> None:
    branch.server.run("reconcile-payments", "--older-than", "0")


def payment_now(branch: Branch, payment: Json) -> Json:
    return succeeded(branch.admin.get(f"/payments/{payment['id']}")).json()


def shown(branch: Branch, order: Json, payment: Json) -> str:
    """Order, payment, and the provider's ledger."""
    now, paid = branch.sales.now(order), payment_now(branch, payment)
    moved = branch.sandbox.moved(payment["id"])
    return f"{now['state']}, {paid['status']}, provider {moved[0]}−{moved[1]}"  # noqa: RUF001


def agrees(branch: Branch, order: Json, payment: Json) -> bool:
    """Whether shop and provider tell the same of one payment of an order, charged once at most."""
    now, paid = branch.sales.now(order), payment_now(branch, payment)
    captured, refunded = branch.sandbox.moved(payment["id"])
    assert branch.sandbox.charges(payment["id"]) <= 1
    assert paid["status"] == ("captured" if captured else "failed")
    assert paid["refunded"]["amount"] == refunded
    assert (now["captured"]["amount"], now["refunded"]["amount"]) == (captured, refunded)
    return bool(now["state"] == ("paid" if captured else "awaiting_payment"))


@dataclass(frozen=True)
class Struck:
    """A payment that a fault struck, or the refund of it, and what could be seen then."""

    fault: Fault
    method: str
    order: Json
    payment: Json
    answer: httpx.Response
    before: str

    def is_told(self, *, told: bool) -> None:
        """The shop said what it should: that the outcome is known, or that it is pending."""
        assert self.answer.status_code in self.fault.answers(told=told), self.fault
        is_pending = self.answer.json()["status"] == "pending"
        assert is_pending == (self.answer.status_code == 202), self.fault


def pay_in_vain(branch: Branch, fault: Fault, method: str, order: Json) -> Struck:
    """A payment under the faults of this moment."""
    answer = succeeded(branch.sales.pay(branch.buyer, order, method))
    payment = answer.json()
    return Struck(fault, method, order, payment, answer, shown(branch, order, payment))


def refund_in_vain(branch: Branch, fault: Fault, method: str, order: Json, payment: Json) -> Struck:
    """A refund of this payment under a fault of its own."""
    mine = {**fault.options, "reference": payment["id"]}
    with branch.sandbox.misbehaving("createRefund", fault.kind, **mine):
        answer = succeeded(patiently(lambda: branch.sales.refund(order, PART)))
    return Struck(fault, method, order, payment, answer, shown(branch, order, payment))


def settled(branch: Branch, table: Table, on: str, struck: list[Struck], *, told: bool) -> None:
    """Both ledgers agree on each after reconciliation."""
    late = [each for each in struck if each.fault.kind == "delay"]
    for each in late:  # the provider goes on, though nobody waits for it
        reference = each.answer.json()["id"]
        find = branch.sandbox.payment if on == "createPayment" else branch.sandbox.refund
        assert eventually(lambda find=find, it=reference: find(it) is not None)  # type: ignore[misc]
    reconcile(branch)
    for each in struck:
        what = f"{each.fault}, {each.method}, {'events twice' if told else 'events lost'}"
        after = shown(branch, each.order, each.payment)
        table.add(on, what, each.fault.answer, each.before, after)
    wrong = [each for each in struck if not agrees(branch, each.order, each.payment)]
    assert [str(each.fault) for each in wrong] == []


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
    settled(branch, table, "createPayment", struck, told=told)
    for each in struck:
        captured = payment_now(branch, each.payment)["status"] == "captured"
        assert captured == (each.method == VISA)


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
    settled(branch, table, "createRefund", struck, told=told)
    for each in struck:
        assert sales.now(each.order)["refunded"] == price(PART if each.method == VISA else 0)


FINDING = [fault for fault in FAULTS if fault.kind in {"drop_before", "redirect"}]
"""What test_commands.py does not do to the same."""


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
        before = shown(branch, order, payment)
        # Where it cannot ask, it may send the payment again: the key makes that harmless.
        assert payment_now(branch, payment)["status"] in {"pending", "captured"}
    assert sandbox.charges(payment["id"]) == 1
    reconcile(branch)
    table.add("findPayment", fault, "-", before, shown(branch, order, payment))
    assert agrees(branch, order, payment)


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
        before = shown(branch, order, payment)
    if kind == "lose":
        reconcile(branch)
    assert eventually(lambda: sales.now(order)["state"] == "paid")
    with sandbox.misbehaving("deliverEvent", kind, **options):
        succeeded(sales.refund(order, PART), 201)
    assert kind == "lose" or eventually(lambda: _all_delivered(branch, payment), seconds=20)
    table.add("deliverEvent", kind, answer.status_code, before, shown(branch, order, payment))
    assert agrees(branch, order, payment)


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
