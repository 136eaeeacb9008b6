"""Events may come twice, late, in any order, or fit nothing: the shop ends in the same state."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import permutations, product

import pytest

from harness import formats
from harness.client import Client, succeeded
from harness.contract import Json
from harness.events import CAPTURED, FAILED, REFUSED, SUCCEEDED, Events
from harness.processes import eventually
from harness.sales import DECLINED, Sales
from harness.sandbox import Sandbox
from harness.shop import price
from harness.target import Target

UNKNOWN_ID = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"


Pending = tuple[Json, Json]
"""An order of 1000 and its payment, pending."""


@dataclass(frozen=True)
class Scene:
    """A shop, a customer, a provider, and somebody who can sign events in its name."""

    sales: Sales
    buyer: Client
    sandbox: Sandbox
    events: Events
    book: Json
    """What is bought here, for 1000."""

    def order(self) -> Json:
        """A new order of one copy."""
        return self.sales.order(self.buyer, (self.book, 1))

    def pending(self) -> Pending:
        """A payment of which the provider knows nothing, so that only the test tells of it."""
        order = self.order()
        with self.sandbox.misbehaving("createPayment", "drop_before"):
            return order, succeeded(self.sales.pay(self.buyer, order), 202).json()

    def pending_refund(self) -> tuple[Json, Json, Json]:
        """An order, its captured payment, a pending refund of 400 that the provider never got."""
        order = self.order()
        payment = self.sales.payment(self.buyer, order)
        with self.sandbox.misbehaving("createRefund", "drop_before"):
            return order, payment, succeeded(self.sales.refund(order, 400), 202).json()

    def captured_but_told_failed(self) -> Pending:
        """A payment that the provider captured, and that the shop was told had failed."""
        order = self.order()
        with self.sandbox.mute(), self.sandbox.misbehaving("createPayment", "drop_after"):
            payment = succeeded(self.sales.pay(self.buyer, order), 202).json()
        provider_id = self.sandbox.payment(payment["id"])["id"]
        self.events.tell(FAILED, payment, id=provider_id)
        assert self.state(order, payment) == NOT_PAID
        return order, payment

    def state(self, order: Json, payment: Json) -> tuple[Json, ...]:
        """What events may change: state and amounts of the order, then of the payment."""
        now, paid = self.sales.now(order), self.payment(payment)
        money = (now[name]["amount"] for name in ("captured", "refunded"))
        return (
            now["state"],
            *money,
            paid["status"],
            paid["refunded"]["amount"],
            paid["failure_code"],
        )

    def payment(self, payment: Json) -> Json:
        """A payment as it is now."""
        return succeeded(self.sales.staff.get(f"/payments/{payment['id']}")).json()


@pytest.fixture(scope="module")
def scene(sales: Sales, reader: Client, sandbox: Sandbox, anyone: Client, target: Target) -> Scene:
    if target.webhook_secret is None:
        pytest.skip("needs the secret of the payment provider's events: --webhook-secret")
    events = Events(anyone, target.webhook_secret)
    return Scene(sales, reader, sandbox, events, sales.book(100_000, price=price(1000)))


WAITING = ("awaiting_payment", 0, 0, "pending", 0, None)
PAID = ("paid", 1000, 0, "captured", 0, None)
NOT_PAID = ("awaiting_payment", 0, 0, "failed", 0, "card_declined")
LENGTHS = (1, 2, 3)
SEQUENCES = [kinds for length in LENGTHS for kinds in product((CAPTURED, FAILED), repeat=length)]


@pytest.mark.parametrize("kinds", SEQUENCES, ids=", ".join)
def test_that_money_moved_is_the_stronger_news_in_any_order(
    scene: Scene, kinds: Sequence[str]
) -> None:
    order, payment = scene.pending()
    assert scene.state(order, payment) == WAITING
    for place, kind in enumerate(kinds):
        scene.events.tell(kind, payment)
        expected = PAID if CAPTURED in kinds[: place + 1] else NOT_PAID
        assert scene.state(order, payment) == expected
    paid_at = scene.sales.now(order)["paid_at"]
    assert (paid_at is not None) == (CAPTURED in kinds)


ABOUT_A_REFUND = (CAPTURED, FAILED, SUCCEEDED, REFUSED)


@pytest.mark.parametrize("kinds", list(permutations(ABOUT_A_REFUND)), ids=", ".join)
def test_every_permutation_ends_in_the_same_state(scene: Scene, kinds: Sequence[str]) -> None:
    order, payment, refund = scene.pending_refund()
    for kind in kinds:
        scene.events.tell(kind, refund if kind.startswith("refund") else payment)
    assert scene.state(order, payment) == ("paid", 1000, 400, "captured", 400, None)


def test_a_refund_follows_the_news(scene: Scene) -> None:
    order, payment, refund = scene.pending_refund()
    story = ((REFUSED, 0), (REFUSED, 0), (SUCCEEDED, 400), (SUCCEEDED, 400), (REFUSED, 400))
    for kind, given_back in story:
        scene.events.tell(kind, refund)
        expected = ("paid", 1000, given_back, "captured", given_back, None)
        assert scene.state(order, payment) == expected


def test_a_refund_fails_once_beside_another_one(scene: Scene) -> None:
    """What the first one gives back twice would be taken from the second one's sum."""
    order, payment, refund = scene.pending_refund()
    succeeded(scene.sales.refund(order, 500), 201)
    for given_back in (500, 500):
        scene.events.tell(REFUSED, refund)
        expected = ("paid", 1000, given_back, "captured", given_back, None)
        assert scene.state(order, payment) == expected


@pytest.mark.parametrize(("since", "given_back"), [(600, 1000), (601, 601)])
def test_a_refund_that_succeeds_after_all_counts_if_its_money_still_fits(
    scene: Scene, since: int, given_back: int
) -> None:
    order, payment, refund = scene.pending_refund()
    scene.events.tell(REFUSED, refund)
    succeeded(scene.sales.refund(order, since), 201)
    scene.events.tell(SUCCEEDED, refund)
    assert scene.state(order, payment) == ("paid", 1000, given_back, "captured", given_back, None)


def test_a_failure_without_a_code_is_a_refusal(scene: Scene) -> None:
    order, payment = scene.pending()
    scene.events.tell(FAILED, payment, failure_code=None)
    assert scene.state(order, payment) == (*NOT_PAID[:-1], "refused")


def test_a_delivery_that_is_repeated_counts_once(scene: Scene) -> None:
    order, payment = scene.pending()
    event_id = f"msg_{formats.word()}"
    scene.events.tell(FAILED, payment, event_id=event_id)
    scene.events.tell(CAPTURED, payment, event_id=event_id)  # no provider does this: the id decides
    assert scene.state(order, payment) == NOT_PAID
    scene.events.tell(CAPTURED, payment)
    before = scene.sales.seen(order)
    scene.events.tell(CAPTURED, payment)
    scene.events.tell(FAILED, payment, event_id=event_id)
    assert scene.sales.seen(order) == before


def test_deliveries_at_once_count_once(scene: Scene) -> None:
    order, payment = scene.pending()
    ids = [f"msg_{formats.word()}" for _ in range(3)] * 4
    with ThreadPoolExecutor(6) as pool:
        list(
            pool.map(lambda event_id: scene.events.tell(CAPTURED, payment, event_id=event_id), ids)
        )
    assert scene.state(order, payment) == PAID


@pytest.mark.parametrize(
    "data",
    [
        {"amount": 999},
        {"amount": 1001},
        {"amount": 0},
        {"currency": "USD"},
        {"reference": UNKNOWN_ID},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [CAPTURED, FAILED])
def test_news_that_fits_nothing_changes_nothing(scene: Scene, kind: str, data: Json) -> None:
    order, payment = scene.pending()
    before = scene.sales.seen(order)
    scene.events.tell(kind, payment, **data)
    assert scene.state(order, payment) == WAITING
    assert scene.sales.seen(order) == before
    scene.events.tell(CAPTURED, payment)
    assert scene.state(order, payment) == PAID


@pytest.mark.parametrize("data", [{"amount": 401}, {"currency": "USD"}], ids=str)
@pytest.mark.parametrize("kind", [SUCCEEDED, REFUSED])
def test_news_of_a_refund_that_does_not_fit_changes_nothing(
    scene: Scene, kind: str, data: Json
) -> None:
    order, payment, refund = scene.pending_refund()
    scene.events.tell(kind, refund, **data)
    assert scene.state(order, payment) == ("paid", 1000, 400, "captured", 400, None)
    scene.events.tell(REFUSED, refund)
    assert scene.state(order, payment) == PAID


def test_a_payment_s_news_is_not_a_refund_s(scene: Scene) -> None:
    order, payment, refund = scene.pending_refund()
    before = scene.sales.seen(order)
    scene.events.tell(REFUSED, payment)
    scene.events.tell(SUCCEEDED, payment)
    scene.events.tell(FAILED, refund)
    scene.events.tell(CAPTURED, refund)
    assert scene.sales.seen(order) == before


def test_a_payment_that_failed_may_turn_out_captured(scene: Scene) -> None:
    order, payment = scene.pending()
    scene.events.tell(FAILED, payment)
    scene.events.tell(CAPTURED, payment)
    assert scene.state(order, payment) == PAID
    succeeded(scene.sales.ship(order), 200)


def test_of_payments_that_all_failed_one_may_turn_out_captured(scene: Scene) -> None:
    order, payment = scene.captured_but_told_failed()
    for _ in range(2):
        other = scene.sales.payment(scene.buyer, order, DECLINED)
        assert other["status"] == "failed"
    scene.events.tell(CAPTURED, payment)
    assert scene.state(order, payment) == PAID
    assert scene.sandbox.moved(payment["id"]) == (1000, 0)


def test_a_second_charge_goes_back_and_the_order_stays_paid_once(scene: Scene) -> None:
    order, first = scene.captured_but_told_failed()
    second = scene.sales.payment(scene.buyer, order)
    before = scene.sales.seen(order)
    (event,) = scene.sandbox.events(first["id"])
    for _ in range(2):
        scene.sandbox.deliver(event)
    scene.events.tell(CAPTURED, first, id=scene.sandbox.payment(first["id"])["id"])
    assert eventually(lambda: scene.sandbox.moved(first["id"]) == (1000, 1000))
    assert scene.sandbox.moved(second["id"]) == (1000, 0)
    assert scene.sales.seen(order) == before
    assert scene.payment(first)["status"] == "failed"


def test_a_charge_that_went_back_pays_for_nothing_later(scene: Scene) -> None:
    order, first = scene.captured_but_told_failed()
    with scene.sandbox.misbehaving("createPayment", "drop_before"):
        second = succeeded(scene.sales.pay(scene.buyer, order), 202).json()
    (event,) = scene.sandbox.events(first["id"])
    scene.sandbox.deliver(event)
    assert eventually(lambda: scene.sandbox.moved(first["id"]) == (1000, 1000))
    scene.events.tell(FAILED, second)
    scene.events.tell(CAPTURED, first, id=scene.sandbox.payment(first["id"])["id"])
    assert scene.state(order, second) == NOT_PAID
    assert scene.payment(first)["status"] == "failed"
    assert scene.sandbox.moved(first["id"]) == (1000, 1000)


@pytest.mark.parametrize("times", [1, 3])
def test_a_late_success_on_a_cancelled_order_goes_back(scene: Scene, times: int) -> None:
    order, payment = scene.captured_but_told_failed()
    stock = scene.sales.stock(scene.book)
    succeeded(scene.sales.cancel(scene.buyer, order), 200)
    (event,) = scene.sandbox.events(payment["id"])
    for _ in range(times):
        scene.sandbox.deliver(event)
    assert eventually(lambda: scene.sandbox.moved(payment["id"]) == (1000, 1000))
    scene.events.tell(FAILED, payment)
    scene.sandbox.deliver(event)
    expected = ("cancelled", 1000, 1000, "captured", 1000, None)
    assert eventually(lambda: scene.state(order, payment)[:5] == expected[:5])
    assert scene.sandbox.moved(payment["id"]) == (1000, 1000)
    assert scene.sales.stock(scene.book) == (stock[0], stock[1] - 1)
    assert scene.sales.now(order)["cancellation_reason"] == "customer"


@pytest.mark.parametrize(("kind", "status"), [(CAPTURED, "captured"), (FAILED, "failed")])
def test_news_with_the_id_of_another_payment_is_not_believed(
    scene: Scene, kind: str, status: str
) -> None:
    (_, first), (_, second) = scene.pending(), scene.pending()
    scene.events.tell(kind, first, id="px_shared_" + first["id"])
    scene.events.tell(CAPTURED, second, id="px_shared_" + first["id"])
    assert scene.payment(first)["status"] == status
    assert scene.payment(second)["status"] == "pending"


def test_news_with_the_id_of_another_refund_is_not_believed(scene: Scene) -> None:
    (_, _, first), (order, payment, second) = scene.pending_refund(), scene.pending_refund()
    scene.events.tell(SUCCEEDED, first, id="rx_shared_" + first["id"])
    scene.events.tell(SUCCEEDED, second, id="rx_shared_" + first["id"])
    scene.events.tell(REFUSED, second)
    assert scene.state(order, payment) == PAID, "its success was believed"
