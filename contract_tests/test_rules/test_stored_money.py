"""Money is stored before the payment provider is asked, and once it has answered.

storage.md, Money. The provider's events are lost here: they would repair a commit that is missing.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from harness import formats
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.events import CAPTURED, FAILED, Events
from harness.processes import eventually
from harness.sales import DECLINED, REFUND_FAILS, VISA, Sales
from harness.sandbox import Sandbox
from harness.shop import price
from harness.target import Target


@dataclass(frozen=True)
class Scene:
    """An order of 1000 that awaits payment, its customer, and the provider."""

    sales: Sales
    buyer: Client
    sandbox: Sandbox
    book: Json
    order: Json

    def payment(self, payment: Json) -> Json:
        """A payment as it is now."""
        return succeeded(self.sales.staff.get(f"/payments/{payment['id']}")).json()

    def state(self) -> str:
        """The order's state now."""
        return str(self.sales.now(self.order)["state"])

    def amounts(self) -> tuple[int, int]:
        """What was captured and what was refunded, by the order."""
        now = self.sales.now(self.order)
        return now["captured"]["amount"], now["refunded"]["amount"]

    @contextmanager
    def held(self, on: str, send: Callable[[], object]) -> Iterator[None]:
        """Within: this request waits, because the provider holds the call that it leads to."""
        with ThreadPoolExecutor(1) as pool:
            with self.sandbox.misbehaving(on, "hold"):
                request = pool.submit(send)
                assert eventually(self.sandbox.holds)
                yield
            request.result()


@pytest.fixture(scope="module")
def book(sales: Sales) -> Json:
    return sales.book(1000, price=price(1000))


@pytest.fixture
def scene(sales: Sales, reader: Client, sandbox: Sandbox, book: Json) -> Iterator[Scene]:
    order = sales.order(reader, (book, 1))
    with sandbox.mute():
        yield Scene(sales, reader, sandbox, book, order)


@pytest.fixture
def events(anyone: Client, target: Target) -> Events:
    if target.webhook_secret is None:
        pytest.skip("needs the secret of the payment provider's events: --webhook-secret")
    return Events(anyone, target.webhook_secret)


@pytest.fixture
def told_failed(scene: Scene, events: Events) -> Json:
    """A payment that the provider captured and refuses to refund; the shop was told it failed."""
    with scene.sandbox.misbehaving("createPayment", "drop_after"):
        answer = scene.sales.pay(scene.buyer, scene.order, REFUND_FAILS)
    payment: Json = succeeded(answer, 202).json()
    events.tell(FAILED, payment, id=scene.sandbox.payment(payment["id"])["id"])
    assert scene.payment(payment)["status"] == "failed"
    return payment


# --- Once the provider has answered ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "status", "state"),
    [(VISA, "captured", "paid"), (DECLINED, "failed", "awaiting_payment")],
)
def test_an_answered_payment_is_stored_without_its_event(
    scene: Scene, method: str, status: str, state: str
) -> None:
    payment = scene.sales.payment(scene.buyer, scene.order, method)
    assert payment["status"] == status
    assert scene.payment(payment) == payment
    assert scene.state() == state


def test_a_refused_refund_is_stored_without_its_event(scene: Scene) -> None:
    payment = scene.sales.payment(scene.buyer, scene.order, REFUND_FAILS)
    assert succeeded(scene.sales.refund(scene.order, 700), 201).json()["status"] == "failed"
    assert scene.amounts() == (1000, 0)
    assert scene.payment(payment)["refunded"] == price(0)


def test_a_cancellation_s_refused_refund_is_stored_without_its_event(scene: Scene) -> None:
    payment = scene.sales.payment(scene.buyer, scene.order, REFUND_FAILS)
    cancelled = succeeded(scene.sales.cancel(scene.buyer, scene.order), 200).json()
    assert cancelled["refunded"] == price(0)
    assert scene.sales.now(scene.order) == cancelled
    assert scene.payment(payment)["refunded"] == price(0)


def test_a_refund_that_an_event_opened_is_settled_by_the_provider_s_answer(
    scene: Scene, events: Events, told_failed: Json
) -> None:
    """A late success on a cancelled order opens a refund, which the provider refuses."""
    succeeded(scene.sales.cancel(scene.buyer, scene.order), 200)
    events.tell(CAPTURED, told_failed, id=scene.sandbox.payment(told_failed["id"])["id"])
    assert eventually(lambda: scene.amounts() == (1000, 0))
    assert scene.payment(told_failed)["refunded"] == price(0)


def test_a_second_charge_s_refund_is_settled_by_the_provider_s_answer(
    scene: Scene, events: Events, told_failed: Json
) -> None:
    """A late success beside another payment: its refund is refused, and moves that payment only."""
    scene.sales.payment(scene.buyer, scene.order)
    events.tell(CAPTURED, told_failed, id=scene.sandbox.payment(told_failed["id"])["id"])
    assert eventually(lambda: scene.payment(told_failed)["refunded"] == price(0))
    assert scene.amounts() == (1000, 0)


# --- Before the provider is asked -----------------------------------------------------------------


def test_a_payment_is_stored_before_the_provider_is_asked(scene: Scene) -> None:
    key, answers = formats.word(), list[httpx.Response]()

    def pay() -> httpx.Response:
        return scene.sales.pay(scene.buyer, scene.order, key=key)

    with scene.held("createPayment", lambda: answers.append(pay())):
        again = succeeded(pay(), 202)
        refused(scene.sales.pay(scene.buyer, scene.order), 409, "payment-in-progress")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == succeeded(answers[0]).json()["id"]
    assert scene.sandbox.charges(again.json()["id"]) == 1


def test_a_refund_is_stored_before_the_provider_is_asked(scene: Scene) -> None:
    payment = scene.sales.payment(scene.buyer, scene.order)
    key, answers = formats.word(), list[httpx.Response]()

    def refund() -> httpx.Response:
        return scene.sales.refund(scene.order, 400, key)

    with scene.held("createRefund", lambda: answers.append(refund())):
        assert scene.amounts() == (1000, 400)
        again = succeeded(refund(), 202)
        refused(scene.sales.refund(scene.order, 601), 409, "refund-exceeds-captured")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == succeeded(answers[0]).json()["id"]
    assert scene.sandbox.moved(payment["id"]) == (1000, 400)


def test_a_cancellation_is_stored_before_its_refund_is_sent(scene: Scene) -> None:
    payment = scene.sales.payment(scene.buyer, scene.order)
    on_hand, reserved = scene.sales.stock(scene.book)
    with scene.held("createRefund", lambda: scene.sales.cancel(scene.buyer, scene.order)):
        assert scene.state() == "cancelled"
        assert scene.amounts() == (1000, 1000)
        assert scene.sales.stock(scene.book) == (on_hand, reserved - 1)
    assert scene.sandbox.moved(payment["id"]) == (1000, 1000)


def test_a_refund_that_an_event_opens_is_stored_before_it_is_sent(
    scene: Scene, told_failed: Json
) -> None:
    succeeded(scene.sales.cancel(scene.buyer, scene.order), 200)
    (event,) = scene.sandbox.events(told_failed["id"])
    with scene.held("createRefund", lambda: scene.sandbox.deliver(event)):
        assert scene.amounts() == (1000, 1000)
    assert eventually(lambda: scene.amounts() == (1000, 0))
