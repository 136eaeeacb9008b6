"""`kill -9` of the server and all its workers, while everything is being done at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest

from harness import formats, options
from harness.branch import Branch, open_branch
from harness.client import refused, succeeded
from harness.processes import eventually
from harness.target import Ground
from test_faults.audit import audit, reconcile
from test_faults.errands import EACH, Errand, Errands

pytestmark = pytest.mark.slow
KINDS = 7
MOMENTS = options.chosen().rounds - 1
"""How many different moments to strike at, spread over all that is to be done."""


@pytest.fixture(scope="module")
def errands(ground: Ground) -> Iterator[Errands]:
    with open_branch(ground, "crashing", workers=2) as branch:
        with ThreadPoolExecutor(4) as pool:
            buyers = list(pool.map(lambda _: branch.customer().client, range(2 * EACH)))
        yield Errands(branch, branch.sales.book(100_000), buyers)


@dataclass
class Tally:
    """Counts answers, and tells when it is time."""

    wanted: int
    reached: threading.Event = field(default_factory=threading.Event)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self) -> None:
        """Another one has its answer, or none."""
        with self._lock:
            self._count += 1
            if self._count >= self.wanted:
                self.reached.set()


def crash_amid(branch: Branch, errands: list[Errand], answered: int) -> None:
    """Kill the server as soon as so many of the errands, all sent at once, have their answers."""
    tally, process = Tally(answered), branch.server.process
    assert process
    family = process.family()

    def run(errand: Errand) -> None:
        errand.run()
        tally.add()

    with ThreadPoolExecutor(len(errands)) as pool:
        running = [pool.submit(run, errand) for errand in errands]
        assert tally.reached.wait(60)
        process.kill(family)
        for each in running:
            each.result()


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_crash_in_the_midst_of_everything_loses_and_doubles_nothing(
    errands: Errands, moment: int
) -> None:
    branch, todo = errands.branch, errands.ready()
    crash_amid(branch, todo, 1 + moment * KINDS * EACH // (MOMENTS + 1))
    branch.server.start()
    acknowledged = [errand for errand in todo if errand.answer]
    assert acknowledged
    assert [
        str(each) for each in acknowledged if each.answer and not each.is_done(each.answer)
    ] == []
    first = {id(errand): errand.answer for errand in acknowledged}
    for errand in todo:
        errand.run()
        assert errand.answer, errand
        before = first.get(id(errand))
        if before is not None and before.content:
            assert errand.answer.json()["id"] == before.json()["id"], errand
            assert errand.answer.headers["Idempotency-Replayed"] == "true", errand
    reconcile(branch)
    assert [str(each) for each in todo if each.answer and not each.is_done(each.answer)] == []
    audit(branch, [errands.book])


def test_a_crash_while_the_provider_is_asked_loses_nothing(errands: Errands) -> None:
    """The payment is written before the provider is asked: storage.md, Money."""
    branch, buyer = errands.branch, errands.buyers[0]
    sandbox, sales, server = branch.sandbox, branch.sales, branch.server
    order, key = sales.order(buyer, (errands.book, 1)), formats.word()
    with ThreadPoolExecutor(1) as pool, sandbox.mute():
        with sandbox.misbehaving("createPayment", "delay", seconds=0.9, times=1):
            call = pool.submit(sales.pay, buyer, order, key=key)
            assert eventually(lambda: sandbox.faults()[1:] == [])
            assert server.process
            server.process.kill()
        with pytest.raises(httpx.TransportError):
            call.result()
        server.start()
    assert sales.now(order)["state"] == "awaiting_payment"
    payment = succeeded(sales.pay(buyer, order, key=key), 202).json()
    refused(sales.pay(buyer, order), 409, "payment-in-progress")
    assert eventually(lambda: sandbox.charges(payment["id"]) == 1)
    reconcile(branch)
    assert sales.now(order)["state"] == "paid"
    assert sandbox.charges(payment["id"]) == 1
    audit(branch, [errands.book])
