"""Stock moves through an append-only ledger whose deltas add up to what is on hand."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import formats
from harness.client import invalid, refused, succeeded
from harness.contract import Json
from harness.people import Person
from harness.shop import Shop, row_of


def ledger(shop: Shop, book: Json) -> list[Json]:
    return shop.staff.walk(f"/books/{book['id']}/stock-adjustments", limit=2)


def on_hand(shop: Shop, book: Json) -> int:
    stock = succeeded(shop.staff.get(f"/books/{book['id']}")).json()["stock"]
    assert stock["available"] == stock["on_hand"] - stock["reserved"]
    assert sum(entry["delta"] for entry in ledger(shop, book)) == stock["on_hand"]
    return int(stock["on_hand"])


def test_an_entry_says_what_who_and_why(shop: Shop, staff_person: Person) -> None:
    book = shop.book()
    tag = shop.staff.etag(f"/books/{book['id']}")
    body = {"delta": 7, "reason": "received", "note": "Two\nboxes."}
    entry = succeeded(shop.adjust(book, body), 201).json()
    assert {name: entry[name] for name in body} == body
    assert (entry["on_hand"], entry["book_id"]) == (7, book["id"])
    assert entry["user_id"] == staff_person.id
    assert ledger(shop, book) == [entry]
    assert shop.staff.etag(f"/books/{book['id']}") != tag
    seen = shop.staff.get(f"/books/{book['id']}").json()["stock"]
    assert seen == {"on_hand": 7, "reserved": 0, "available": 7}
    assert shop.edited(book) > book["updated_at"]


def test_the_ledger_is_newest_first_and_adds_up(shop: Shop) -> None:
    book = shop.book()
    assert ledger(shop, book) == []
    entries = [shop.stocked(book, delta) for delta in (10, -3, 5, -12, 1)]
    assert [entry["on_hand"] for entry in entries] == [10, 7, 12, 0, 1]
    assert ledger(shop, book) == entries[::-1]
    assert on_hand(shop, book) == 1


@pytest.mark.parametrize("reason", ["received", "returned", "damaged", "lost", "correction"])
def test_every_reason_of_people_is_taken(shop: Shop, reason: str) -> None:
    answer = shop.adjust(shop.book(), {"delta": 1, "reason": reason})
    assert succeeded(answer, 201).json()["reason"] == reason


def test_there_is_never_less_than_nothing(shop: Shop) -> None:
    book = shop.book()
    shop.stocked(book, 3)
    before = ledger(shop, book)
    refused(shop.adjust(book, {"delta": -4, "reason": "lost"}), 409, "insufficient-stock")
    assert ledger(shop, book) == before
    assert on_hand(shop, book) == 3
    shop.stocked(book, -3)
    assert on_hand(shop, book) == 0


def test_there_is_never_more_than_a_number_can_hold(shop: Shop) -> None:
    book = shop.book()
    succeeded(shop.import_rows([row_of(book, stock=999_999_998)]))
    too_many = shop.adjust(book, {"delta": 2, "reason": "received"})
    invalid(too_many, {"/delta": "range"})
    assert shop.stocked(book, 1)["on_hand"] == 999_999_999
    one_more = shop.adjust(book, {"delta": 1, "reason": "received"})
    invalid(one_more, {"/delta": "range"})
    assert on_hand(shop, book) == 999_999_999


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"delta": 0, "reason": "lost"}, {"/delta": "range"}),
        ({"delta": 1_000_001, "reason": "lost"}, {"/delta": "range"}),
        ({"delta": -1_000_001, "reason": "lost"}, {"/delta": "range"}),
        ({"delta": 1.5, "reason": "lost"}, {"/delta": "type"}),
        ({"delta": True, "reason": "lost"}, {"/delta": "type"}),
        ({"delta": "1", "reason": "lost"}, {"/delta": "type"}),
        ({"delta": 1, "reason": "import"}, {"/reason": "choice"}),
        ({"delta": 1, "reason": "shipped"}, {"/reason": "choice"}),
        ({"delta": 1, "reason": None}, {"/reason": "type"}),
        ({"delta": 1, "reason": "lost", "note": ""}, {"/note": "length"}),
        ({"delta": 1, "reason": "lost", "note": "x" * 501}, {"/note": "length"}),
        ({"delta": 1, "reason": "lost", "note": "a\tb"}, {"/note": "format"}),
        ({"delta": None, "note": 1}, {"/delta": "type", "/reason": "required", "/note": "type"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_entry_is_named(shop: Shop, body: Json, errors: dict[str, str]) -> None:
    book = shop.book()
    answer = shop.adjust(book, body)
    if errors == {"/delta": "range"} and body["delta"] == 0:
        errors = {"/delta": answer.json()["errors"][0]["code"]}
    invalid(answer, errors)
    assert ledger(shop, book) == []


def test_a_repeated_request_has_one_effect_and_one_answer(shop: Shop) -> None:
    book, key = shop.book(), formats.word()
    body = {"delta": 5, "reason": "received"}
    first = succeeded(shop.adjust(book, body, key), 201)
    assert "Idempotency-Replayed" not in first.headers
    shop.stocked(book, 1)
    for _ in range(2):
        again = succeeded(shop.adjust(book, body, key), 201)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.content == first.content
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
        assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert on_hand(shop, book) == 6


def test_a_key_is_good_for_one_request_only(shop: Shop) -> None:
    book, other, key = shop.book(), shop.book(), formats.word()
    body = {"delta": 5, "reason": "received"}
    succeeded(shop.adjust(book, body, key), 201)
    answer = shop.adjust(book, {**body, "delta": 6}, key)
    refused(answer, 422, "idempotency-key-reused")
    refused(shop.adjust(other, body, key), 422, "idempotency-key-reused")
    assert on_hand(shop, book) == 5
    assert on_hand(shop, other) == 0


def test_a_key_belongs_to_its_caller(shop: Shop, admin_person: Person) -> None:
    book, key = shop.book(), formats.word()
    body = {"delta": 5, "reason": "received"}
    for caller in (shop, Shop(admin_person.client)):
        answer = succeeded(caller.adjust(book, body, key), 201)
        assert "Idempotency-Replayed" not in answer.headers
    assert on_hand(shop, book) == 10


def test_a_refused_request_keeps_no_key(shop: Shop) -> None:
    book, key = shop.book(), formats.word()
    refused(shop.adjust(book, {"delta": -1, "reason": "lost"}, key), 409, "insufficient-stock")
    invalid(shop.adjust(book, {"reason": "lost"}, key), {"/delta": "required"})
    succeeded(shop.adjust(book, {"delta": 2, "reason": "received"}, key), 201)
    assert on_hand(shop, book) == 2


@pytest.mark.parametrize("key", ["k", "k" * 255, "!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", '"quoted"'])
def test_a_key_is_any_visible_ascii(shop: Shop, key: str) -> None:
    book = shop.book()
    succeeded(shop.adjust(book, {"delta": 2, "reason": "received"}, f"{key[:200]}{formats.word()}"))
    assert on_hand(shop, book) == 2


@pytest.mark.parametrize(
    ("key", "code"),
    [("two words", "format"), ("", "format"), ("k" * 256, "length")],
)
def test_a_key_of_another_form_is_named(shop: Shop, key: str, code: str) -> None:
    path, body = f"/books/{shop.book()['id']}/stock-adjustments", {"delta": 2, "reason": "received"}
    answer = shop.staff.post(path, body, headers={"Idempotency-Key": key})
    invalid(answer, {"Idempotency-Key:": code})


def test_the_same_request_in_parallel_has_one_effect(shop: Shop) -> None:
    book, key = shop.book(), formats.word()
    body = {"delta": 5, "reason": "received"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: shop.adjust(book, body, key), range(6)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 409}, statuses
    fresh = [a for a in answers if a.status_code == 201 and "Idempotency-Replayed" not in a.headers]
    assert len(fresh) == 1
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "idempotency-key-in-flight")
        else:
            assert answer.content == fresh[0].content
    assert on_hand(shop, book) == 5


def test_parallel_adjustments_lose_nothing(shop: Shop) -> None:
    book = shop.book()
    with ThreadPoolExecutor(6) as pool:
        entries = list(pool.map(lambda _: shop.stocked(book, 1), range(12)))
    assert sorted(entry["on_hand"] for entry in entries) == list(range(1, 13))
    assert on_hand(shop, book) == 12


def test_of_parallel_takers_as_many_succeed_as_there_are_copies(shop: Shop) -> None:
    book = shop.book()
    shop.stocked(book, 3)
    with ThreadPoolExecutor(6) as pool:
        body = {"delta": -1, "reason": "lost"}
        answers = list(pool.map(lambda _: shop.adjust(book, body), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    assert on_hand(shop, book) == 0
