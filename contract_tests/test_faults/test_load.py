"""Under load: the server asked to stop, its store gone and back, its provider slow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness import formats
from harness.branch import open_branch
from harness.client import patiently, refused, succeeded
from harness.processes import eventually
from harness.stores import Store
from harness.target import Ground
from test_faults.traffic import traffic

pytestmark = pytest.mark.slow
HELD = 2
"""Refunds on their way when the server is asked to stop, of the four that it sends at a time."""


def test_a_server_that_is_asked_to_stop_finishes_what_it_has_begun(ground: Ground) -> None:
    """runtime.md, Signals: it drains, requests in flight finish, exit status 0."""
    with open_branch(ground, "stopping", DRAIN_SECONDS="3", PAYMENT_TIMEOUT_SECONDS="30") as branch:
        sales, sandbox, process = branch.sales, branch.sandbox, branch.server.process
        assert process
        with traffic(branch) as load, ThreadPoolExecutor(HELD) as pool:
            orders = [sales.order(branch.buyer, (load.book, 1)) for _ in range(HELD)]
            for order in orders:
                succeeded(patiently(partial(sales.pay, branch.buyer, order)), 201)
            refunds = [partial(sales.refund, order, 100, formats.word()) for order in orders]
            with sandbox.misbehaving("createRefund", "hold", times=None):
                held = [pool.submit(patiently, refund) for refund in refunds]
                assert eventually(lambda: sandbox.holds(HELD))
                process.terminate()
                assert eventually(lambda: branch.anyone.get("/health/ready").status_code == 503)
                assert load.goes_on(5)
            for answer in held:
                assert succeeded(answer.result(), 201).json()["status"] == "succeeded"
            assert process.wait(30) == 0
            assert load.notices()
            branch.server.start()
            assert load.goes_on()


@pytest.fixture
def store(ground: Ground) -> Iterator[Store]:
    store = Store(ground.implementation.logs / "fleeting-store.log")
    yield store
    store.stop()


def test_a_store_that_goes_and_comes_back_empty_costs_carts_alone(
    ground: Ground, store: Store
) -> None:
    with open_branch(ground, "storeless", REDIS_URL=store.url) as branch:

        def status() -> str:
            return str(succeeded(branch.anyone.get("/health/ready")).json()["status"])

        with traffic(branch) as load:
            store.kill()
            assert eventually(lambda: status() == "degraded")
            assert load.notices()
            succeeded(branch.anyone.get(f"/books/{load.book['id']}"), 200)
            store.start()
            assert eventually(lambda: status() == "ready")
            assert load.goes_on()


def test_a_slow_provider_leaves_the_rest_of_the_shop_alone(ground: Ground) -> None:
    with open_branch(ground, "slow", PAYMENT_TIMEOUT_SECONDS="60") as branch:
        sales, sandbox, book = branch.sales, branch.sandbox, branch.sales.book(1000)
        with ThreadPoolExecutor(4) as pool:
            buyers = list(pool.map(lambda _: branch.customer().client, range(12)))
        orders = [sales.order(buyer, (book, 1)) for buyer in buyers]
        with ThreadPoolExecutor(len(buyers)) as pool, sandbox.mute():
            with sandbox.misbehaving("createPayment", "hold", times=None):
                paying = [
                    pool.submit(sales.pay, buyer, order)
                    for buyer, order in zip(buyers, orders, strict=True)
                ]
                # A payment that is not refused at once waits until all of these have been served.
                for _ in range(20):
                    succeeded(branch.anyone.get("/books"), 200)
                    succeeded(branch.buyer.get("/cart"), 200)
                served_early = [each.result() for each in paying if each.done()]
            answers = [each.result() for each in paying]
        assert len(served_early) < len(paying)
        for answer in served_early:
            refused(answer, 503, "service-unavailable")
        # Who was sent away has left nothing behind, and pays now.
        for buyer, order, answer in zip(buyers, orders, answers, strict=True):
            if answer.status_code == 503:
                refused(answer, 503, "service-unavailable")
                payment = succeeded(sales.pay(buyer, order), 201)
            else:
                payment = succeeded(answer, 201)
            assert payment.json()["status"] == "captured"
