"""`kill -9` of the server and all its workers, while everything is being done at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from harness import formats, options
from harness.branch import Branch, open_branch
from harness.client import refused, succeeded
from harness.processes import eventually
from harness.target import Ground
from test_faults.audit import audit, reconcile
from test_faults.errands import EACH, Errand, Errands
from test_faults.stall import stalled

pytestmark = pytest.mark.slow
THOROUGH = options.chosen().is_thorough
MOMENTS = options.chosen().rounds if THOROUGH else 1
"""How many different moments to strike at, spread over all that is to be done."""

STEPS = [
    ("placing", "idempotency_keys", "UPDATE"),
    ("paying", "payments", "UPDATE"),
    ("shipping", "stock_adjustments", "INSERT"),
]
MORE_STEPS = [
    ("placing", "orders", "INSERT"),
    ("placing", "order_lines", "INSERT"),
    ("placing", "books", "UPDATE"),
    ("paying", "payments", "INSERT"),
    ("paying", "orders", "UPDATE"),
    ("event", "payment_events", "INSERT"),
    ("event", "payments", "UPDATE"),
    ("event", "orders", "UPDATE"),
    ("shipping", "orders", "UPDATE"),
    ("shipping", "books", "UPDATE"),
    ("cancelling", "orders", "UPDATE"),
    ("cancelling", "refunds", "INSERT"),
    ("cancelling", "books", "UPDATE"),
    ("cancelling", "refunds", "UPDATE"),
    ("refunding", "refunds", "INSERT"),
    ("refunding", "payments", "UPDATE"),
    ("refunding", "refunds", "UPDATE"),
    ("adjusting", "books", "UPDATE"),
    ("adjusting", "stock_adjustments", "INSERT"),
    ("adjusting", "idempotency_keys", "UPDATE"),
    ("shipping", "idempotency_keys", "UPDATE"),
    ("cancelling", "idempotency_keys", "UPDATE"),
]
"""The writes of storage.md by which each gets on."""
STEPS += MORE_STEPS if THOROUGH else []


@pytest.fixture(scope="module")
def prepared(ground: Ground) -> Iterator[Errands]:
    with open_branch(ground, "crashing", workers=2) as branch:
        with ThreadPoolExecutor(4) as pool:
            buyers = list(pool.map(lambda _: branch.customer().client, range(2 * EACH)))
        yield Errands(branch, branch.sales.book(100_000), buyers)


@pytest.fixture
def errands(prepared: Errands) -> Errands:
    """The same, with a server that runs: a test that failed may have left it killed."""
    process = prepared.branch.server.process
    if process and process.exit_status is not None:
        prepared.branch.server.start()
    return prepared


class Tally:
    def __init__(self) -> None:
        self._count = 0
        self._more = threading.Condition()

    def add(self) -> None:
        """Another request has its answer, or will have none."""
        with self._more:
            self._count += 1
            self._more.notify_all()

    def reaches(self, wanted: int) -> bool:
        """Whether there are so many in time; returns at that moment."""
        with self._more:
            return self._more.wait_for(lambda: self._count >= wanted, 60)


def crash(branch: Branch, errands: list[Errand], is_time: Callable[[Tally], bool]) -> None:
    """Send all errands at once, and kill the server, workers first, when it is time."""
    tally, process = Tally(), branch.server.process
    assert process
    family = process.family()

    def run(errand: Errand) -> None:
        errand.run()
        tally.add()

    with ThreadPoolExecutor(len(errands)) as pool:
        running = [pool.submit(run, errand) for errand in errands]
        reached = is_time(tally)
        process.kill(family)
        for each in running:
            each.result()
    assert reached


def recovered(errands: Errands, todo: list[Errand]) -> None:
    """What was acknowledged is there; what was not is done once when it is sent again."""
    assert wrong(todo) == []
    first = [errand.answer for errand in todo]
    for errand, before in zip(todo, first, strict=True):
        errand.run()
        assert errand.answer, str(errand)
        if before is not None and before.content:
            assert errand.answer.json()["id"] == before.json()["id"], str(errand)
            assert errand.answer.headers["Idempotency-Replayed"] == "true", str(errand)
    reconcile(errands.branch)
    assert wrong(todo) == []
    audit(errands.branch, [errands.book])


def wrong(todo: list[Errand]) -> list[str]:
    """Those that were acknowledged, though the shop does not show it."""
    return [str(each) for each in todo if each.answer and not each.is_done(each.answer)]


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_crash_in_the_midst_of_everything_loses_and_doubles_nothing(
    errands: Errands, moment: int
) -> None:
    todo = errands.ready()
    answered = 1 + moment * len(todo) // (MOMENTS + 1)
    crash(errands.branch, todo, lambda tally: tally.reaches(answered))
    errands.branch.server.start()
    assert any(errand.answer for errand in todo)
    recovered(errands, todo)


@pytest.mark.parametrize(("kind", "table", "event"), STEPS)
def test_a_crash_at_this_step_loses_and_doubles_nothing(
    errands: Errands, kind: str, table: str, event: str
) -> None:
    """What the step writes, all before it in its transaction, and nothing else, is undone."""
    todo = errands.ready(kind)
    with stalled(errands.branch.server.database_url, table, event) as stall:
        crash(errands.branch, todo, lambda _: eventually(stall.is_reached, seconds=30))
    errands.branch.server.start()
    assert any(errand.answer is None for errand in todo)
    recovered(errands, todo)


def test_a_crash_while_the_provider_is_asked_loses_nothing(errands: Errands) -> None:
    """The payment is written before the provider is asked: storage.md, Money."""
    branch, buyer = errands.branch, errands.buyers[0]
    sandbox, sales, server = branch.sandbox, branch.sales, branch.server
    order, key = sales.order(buyer, (errands.book, 1)), formats.word()
    # The provider charges when the server is up again, and its event is lost.
    with sandbox.mute():
        with ThreadPoolExecutor(1) as pool, sandbox.misbehaving("createPayment", "hold"):
            call = pool.submit(sales.pay, buyer, order, key=key)
            assert eventually(sandbox.holds)
            assert server.process
            server.process.kill()
            with pytest.raises(httpx.TransportError):
                call.result()
            server.start()
            assert sales.now(order)["state"] == "awaiting_payment"
            payment = succeeded(sales.pay(buyer, order, key=key), 202).json()
            refused(sales.pay(buyer, order), 409, "payment-in-progress")
            assert sandbox.charges(payment["id"]) == 0
        assert eventually(lambda: sandbox.charges(payment["id"]) == 1)
        reconcile(branch)
    assert sales.now(order)["state"] == "paid"
    assert sandbox.charges(payment["id"]) == 1
    audit(branch, [errands.book])
