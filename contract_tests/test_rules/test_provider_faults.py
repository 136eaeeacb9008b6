"""Whatever the payment provider does: one charge at most, and in the end both ledgers agree."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest

from harness import formats
from harness.branch import Branch, open_branch
from harness.client import refused, succeeded
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


@pytest.mark.parametrize("told", [False, True], ids=["no event", "events"])
def test_a_payment_is_charged_once_and_settled(
    branch: Branch, book: Json, table: Table, *, told: bool
) -> None:
    sandbox, sales, started = branch.sandbox, branch.sales, time.monotonic()
    struck = []
    for fault in FAULTS:
        for method in (VISA,) if told else (VISA, DECLINED):
            order = sales.order(branch.buyer, (book, 1))
            events = "duplicate" if told else "lose"
            with (
                sandbox.misbehaving("deliverEvent", events),
                sandbox.misbehaving("createPayment", fault.kind, **fault.options),
            ):
                answer = succeeded(sales.pay(branch.buyer, order, method))
            payment = answer.json()
            assert answer.status_code in fault.answers(told=told), fault
            assert (payment["status"] == "pending") == (answer.status_code == 202), fault
            before = shown(branch, order, payment)
            struck.append((fault, method, order, payment, before))
    time.sleep(max(0.0, started + 3 - time.monotonic()))  # the delayed are through
    reconcile(branch)
    for fault, method, order, payment, before in struck:
        what = f"{fault}, {method}, {'events twice' if told else 'events lost'}"
        after = shown(branch, order, payment)
        table.add("createPayment", what, fault.answer, before, after)
    assert [str(each[0]) for each in struck if not agrees(branch, each[2], each[3])] == []
    for _, method, _, payment, _ in struck:
        assert (payment_now(branch, payment)["status"] == "captured") == (method == VISA)


@pytest.mark.parametrize("told", [False, True], ids=["no event", "events"])
def test_a_refund_goes_back_once_and_is_settled(
    branch: Branch, book: Json, table: Table, *, told: bool
) -> None:
    sandbox, sales, started = branch.sandbox, branch.sales, time.monotonic()
    struck = []
    for fault in FAULTS:
        for method in (VISA,) if told else (VISA, REFUND_FAILS):
            order = sales.order(branch.buyer, (book, 1))
            payment = sales.payment(branch.buyer, order, method)
            events = "duplicate" if told else "lose"
            with (
                sandbox.misbehaving("deliverEvent", events),
                sandbox.misbehaving("createRefund", fault.kind, **fault.options),
            ):
                answer = succeeded(sales.refund(order, PART))
            assert answer.status_code in fault.answers(told=told), fault
            assert (answer.json()["status"] == "pending") == (answer.status_code == 202), fault
            struck.append((fault, method, order, payment, shown(branch, order, payment)))
    time.sleep(max(0.0, started + 3 - time.monotonic()))  # the delayed are through
    reconcile(branch)
    for fault, method, order, payment, before in struck:
        what = f"{fault}, {method}, {'events twice' if told else 'events lost'}"
        after = shown(branch, order, payment)
        table.add("createRefund", what, fault.answer, before, after)
    assert [str(each[0]) for each in struck if not agrees(branch, each[2], each[3])] == []
    for _, method, order, _, _ in struck:
        assert sales.now(order)["refunded"] == price(PART if method == VISA else 0)


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


def test_a_crash_while_the_provider_is_asked_loses_nothing(branch: Branch, book: Json) -> None:
    sandbox, sales, server = branch.sandbox, branch.sales, branch.server
    order, key = sales.order(branch.buyer, (book, 1)), formats.word()
    with ThreadPoolExecutor(1) as pool, sandbox.mute():
        with sandbox.misbehaving("createPayment", "delay", seconds=0.9):
            call = pool.submit(sales.pay, branch.buyer, order, VISA, key)
            time.sleep(0.5)
            assert server.process
            server.process.kill()
        with pytest.raises(httpx.TransportError):
            call.result()
        server.start()
    assert sales.now(order)["state"] == "awaiting_payment"
    payment = succeeded(sales.pay(branch.buyer, order, key=key), 202).json()
    refused(sales.pay(branch.buyer, order), 409, "payment-in-progress")
    reconcile(branch)
    assert agrees(branch, order, payment)
    assert branch.sandbox.charges(payment["id"]) == 1


Work = Callable[[], httpx.Response]


def test_a_slow_provider_leaves_the_rest_of_the_shop_alone(ground: Ground) -> None:
    with open_branch(ground, "slow", PAYMENT_TIMEOUT_SECONDS="5") as branch:
        sales, book = branch.sales, branch.sales.book(1000)
        with ThreadPoolExecutor(4) as pool:
            buyers = list(pool.map(lambda _: branch.customer().client, range(16)))
        orders = [sales.order(buyer, (book, 1)) for buyer in buyers]
        with ThreadPoolExecutor(len(buyers)) as pool, branch.sandbox.mute():
            with branch.sandbox.misbehaving("createPayment", "delay", seconds=1.5):
                paying = [
                    pool.submit(sales.pay, buyer, order)
                    for buyer, order in zip(buyers, orders, strict=True)
                ]
                time.sleep(0.5)
                took = [_seconds(lambda: branch.anyone.get("/books")) for _ in range(20)]
                took += [_seconds(lambda: branch.buyer.get("/cart")) for _ in range(10)]
            answers = [each.result() for each in paying]
        assert sorted(took)[len(took) // 2] < 0.5
        assert max(took) < 1.5
        for answer in answers:
            if answer.status_code == 503:
                refused(answer, 503, "service-unavailable")
            else:
                assert succeeded(answer, 201).json()["status"] == "captured"
        # Who was sent away has left nothing behind, and pays now.
        for buyer, order, answer in zip(buyers, orders, answers, strict=True):
            if answer.status_code == 503:
                assert sales.payment(buyer, order)["status"] == "captured"


def _seconds(work: Work) -> float:
    started = time.monotonic()
    succeeded(work(), 200)
    return time.monotonic() - started
