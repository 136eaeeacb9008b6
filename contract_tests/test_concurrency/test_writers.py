"""Every operation under a condition or a key: one writer wins, one request has an effect."""

from collections.abc import Callable

import pytest

from harness import contract, formats, pictures
from harness.branch import Branch
from harness.client import Client, refused, succeeded
from harness.contract import Json, Operation, slug
from harness.sales import ADDRESS, SHIPMENT, VISA
from harness.samples import Sample, Sampler
from harness.shop import price
from test_concurrency.crowd import at_once, patient, statuses, successes

pytestmark = pytest.mark.slow
WRITERS, TIMES = 8, 12


def takes(operation: Operation, header: str) -> bool:
    """Whether it has this header for a parameter."""
    return any((each["in"], each["name"]) == ("header", header) for each in operation.parameters)


GUARDED = [each for each in contract.operations() if each.is_write and takes(each, "If-Match")]
UPDATES = [each for each in GUARDED if each.method != "DELETE"]
DELETIONS = [each for each in GUARDED if each.method == "DELETE"]
ONCE = [each for each in contract.operations() if takes(each, "Idempotency-Key")]

ACCOUNTS: Json = [
    {"role": "staff", "disabled": False},
    {"role": "staff", "disabled": True},
    {"role": "admin", "disabled": True},
    {"role": "customer", "disabled": True},
]
"""What becomes of an active customer; no active admin, whose number another test knows."""

CHANGES: dict[str, Callable[[int], Json]] = {
    "updateMe": lambda _: {"name": formats.word()},
    "updateUser": lambda number: ACCOUNTS[number % 4],
    "updateAuthor": lambda _: {"name": formats.word()},
    "updateCategory": lambda _: {"name": formats.word()},
    "updateBook": lambda number: {"title": formats.word(), "price": price(100 + number)},
    "updateReview": lambda number: {"rating": 1 + number % 5, "title": formats.word()},
    "putCartItem": lambda number: {"quantity": 3 + number},
}
"""What each of several writers sends, all different from what is there."""


def found_at(sample: Sample) -> str:
    """Where the state is that a write is about: an item's is the cart's."""
    return "/cart" if sample.path.startswith("/cart/") else sample.path


def with_one_tag(sample: Sample) -> list[Sample]:
    """Different writes by people who have all seen the same."""
    if sample.operation.id in {"putCover", "putCartItem"}:
        succeeded(sample.send())
    tag = sample.client.etag(found_at(sample))
    guarded = sample.but(headers={"If-Match": tag, "If-None-Match": None})
    if sample.operation.id == "putCover":
        shades = [pictures.png(shade=number) for number in range(WRITERS)]
        return [guarded.but(content=shade) for shade in shades]
    change = CHANGES[sample.operation.id]
    return [guarded.with_json(change(number)) for number in range(WRITERS)]


@pytest.mark.parametrize("operation", UPDATES, ids=str)
def test_of_writers_with_one_tag_one_wins(
    crowd: Branch, sampler: Sampler, operation: Operation
) -> None:
    sample = sampler(operation)
    writers = with_one_tag(sample)
    answers = at_once([patient(writer.send) for writer in writers])
    assert statuses(answers) == {200: 1, 412: WRITERS - 1}
    (won,) = successes(answers)
    now = succeeded(sample.client.get(found_at(sample)))
    assert now.headers["ETag"] == won.headers["ETag"]
    if operation.id == "putCover":
        assert now.content == writers[answers.index(won)].content
        return
    assert now.json() == won.json()
    if operation.id == "updateReview":
        book = succeeded(crowd.anyone.get(f"/books/{now.json()['book_id']}")).json()
        assert book["rating"] == {"average": now.json()["rating"], "count": 1}


@pytest.mark.parametrize("operation", DELETIONS, ids=str)
def test_of_deletions_with_one_tag_one_is_done(sampler: Sampler, operation: Operation) -> None:
    sample = sampler(operation)
    answers = at_once([patient(sample.send)] * WRITERS)
    assert len(successes(answers)) == 1
    assert set(statuses(answers)) <= {204, 404, 412}
    refused(sample.client.get(sample.path), 404, "not-found")


def test_of_first_covers_one_is_set(crowd: Branch) -> None:
    shop = crowd.sales.shop
    path = f"/books/{shop.book()['id']}/cover"
    shades = [pictures.png(shade=number) for number in range(WRITERS)]
    first = {"Content-Type": "image/png", "If-None-Match": "*"}
    calls = [patient(crowd.admin.put, path, content=shade, headers=first) for shade in shades]
    answers = at_once(calls)
    assert statuses(answers) == {201: 1, 412: WRITERS - 1}
    winner = [answer.is_success for answer in answers].index(True)
    assert succeeded(crowd.anyone.get(path)).content == shades[winner]


# --- Idempotency-Key ------------------------------------------------------------------------------


def orders_of(client: Client) -> int:
    """How many a customer has."""
    return len(client.walk("/orders", limit=100))


def copies(crowd: Branch, sample: Sample) -> tuple[int, int]:
    """The stock of the book that a request is about, or that its order is about."""
    kind, thing = sample.path.split("/")[1:3]
    if kind == "orders":
        thing = crowd.sales.now({"id": thing})["lines"][0]["book_id"]
    return crowd.sales.stock({"id": thing})


def moved(crowd: Branch, sample: Sample) -> tuple[int, int, int]:
    """An order's money here, as parts of its price, and how often the provider moved any."""
    order = crowd.sales.now({"id": sample.path.split("/")[2]})
    return order["captured"]["amount"], order["refunded"]["amount"], len(crowd.sandbox.ledger())


Probe = Callable[[Branch, Sample], Json]

EFFECTS: dict[str, tuple[Probe, Callable[[Json], Json]]] = {
    "placeOrder": (lambda _, sample: orders_of(sample.client), lambda orders: orders + 1),
    "cancelOrder": (copies, lambda stock: (stock[0], stock[1] - 1)),
    "shipOrder": (copies, lambda stock: (stock[0] - 1, stock[1] - 1)),
    "adjustStock": (copies, lambda stock: (stock[0] + 3, stock[1])),
    "createPayment": (moved, lambda money: (1299, money[1], money[2] + 1)),
    "createRefund": (moved, lambda money: (money[0], money[1] + 1, money[2] + 1)),
}
"""What shows an operation's effect, and how one request changes it."""

OTHERWISE: dict[str, Callable[[int], Json]] = {
    "placeOrder": lambda number: {"shipping_address": {**ADDRESS, "city": f"City {number}"}},
    "shipOrder": lambda number: {**SHIPMENT, "tracking_number": f"RM{number}"},
    "adjustStock": lambda number: {"delta": 3, "reason": "received", "note": f"Box {number}"},
    "createPayment": lambda number: {
        "payment_method": VISA if number % 2 else "pm_card_refund_fails"
    },
    "createRefund": lambda number: {"amount": price(1), "reason": f"Reason {number}"},
}
"""Bodies that differ, each with the same effect."""


@pytest.mark.parametrize("operation", ONCE, ids=str)
def test_a_request_sent_many_times_has_one_effect(
    crowd: Branch, sampler: Sampler, operation: Operation
) -> None:
    sample, (probe, changed) = sampler(operation), EFFECTS[operation.id]
    before = probe(crowd, sample)
    answers = at_once([patient(sample.send)] * TIMES)
    for answer in answers:
        if not answer.is_success:
            refused(answer, 409, "idempotency-key-in-flight")
    good = successes(answers)
    assert len({answer.json()["id"] for answer in good}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in good) == 1
    final = succeeded(sample.send())
    assert final.headers["Idempotency-Replayed"] == "true"
    assert final.content in [answer.content for answer in good]
    assert probe(crowd, sample) == changed(before)


@pytest.mark.parametrize("operation", [each for each in ONCE if each.body_types], ids=str)
def test_of_different_requests_with_one_key_one_has_an_effect(
    crowd: Branch, sampler: Sampler, operation: Operation
) -> None:
    sample, (probe, changed) = sampler(operation), EFFECTS[operation.id]
    bodies, before = map(OTHERWISE[operation.id], range(WRITERS)), probe(crowd, sample)
    answers = at_once([patient(sample.with_json(body).send) for body in bodies])
    for answer in answers:
        if not answer.is_success:
            problem = slug(answer.json()["type"])
            assert problem in {"idempotency-key-reused", "idempotency-key-in-flight"}
    assert len({answer.json()["id"] for answer in successes(answers)}) == 1
    assert probe(crowd, sample) == changed(before)
