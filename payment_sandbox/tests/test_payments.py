"""Payments: each is charged once, and can be found by its reference."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.provider import Provider, new_reference


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_mastercard", "pm_card_refund_fails"])
def test_a_good_card_is_captured(provider: Provider, card: str) -> None:
    payment = provider.pay(payment_method=card)
    assert (payment["status"], payment["captured"], payment["refunded"]) == ("captured", 2598, 0)
    assert provider.client.get(f"/payments/{payment['id']}").json() == payment
    assert provider.find(payment["reference"]) == [payment]
    assert provider.entries(payment["reference"]) == [("capture", 2598)]


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_declined", "card_declined"),
        ("pm_card_insufficient_funds", "insufficient_funds"),
        ("pm_card_expired", "card_expired"),
    ],
)
def test_a_bad_card_creates_a_failed_payment(provider: Provider, card: str, code: str) -> None:
    payment = provider.pay(payment_method=card)
    assert (payment["status"], payment["failure_code"], payment["captured"]) == ("failed", code, 0)
    assert provider.entries(payment["reference"]) == []


def test_an_unknown_card_is_rejected(provider: Provider) -> None:
    reference = new_reference()
    answer = provider.try_to_pay(reference, payment_method="pm_card_gold")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_payment_method")
    assert provider.find(reference) == []


def test_an_authorized_payment_is_captured_once(provider: Provider) -> None:
    payment = provider.pay(capture=False)
    assert (payment["status"], payment["captured"]) == ("authorized", 0)
    assert provider.entries(payment["reference"]) == []
    captured = provider.client.post(f"/payments/{payment['id']}/capture").json()
    assert captured == {**payment, "status": "captured", "captured": 2598}
    again = provider.client.post(f"/payments/{payment['id']}/capture")
    assert (again.status_code, again.json()["code"]) == (409, "payment_not_authorized")
    assert provider.entries(payment["reference"]) == [("capture", 2598)]


def test_a_repeated_request_returns_the_same_payment(provider: Provider) -> None:
    reference = new_reference()
    first = provider.try_to_pay(reference)
    # The same JSON with other white space and in another order.
    body = (
        f'{{"payment_method":"pm_card_visa","capture":true,"currency":"EUR","amount":2598,'
        f'"reference":"{reference}"}}'
    )
    key = {"Idempotency-Key": reference}
    again = provider.client.post("/payments", content=body, headers=key)
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert provider.entries(reference) == [("capture", 2598)]


def test_a_key_with_another_request_is_rejected(provider: Provider) -> None:
    reference = new_reference()
    provider.pay(reference)
    answer = provider.try_to_pay(reference, amount=1)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_reference_names_one_payment(provider: Provider) -> None:
    payment = provider.pay()
    body = {name: payment[name] for name in ("reference", "amount", "currency")}
    answer = provider.client.post(
        "/payments",
        json={**body, "payment_method": "pm_card_visa"},
        headers={"Idempotency-Key": new_reference()},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "reference_in_use")


def test_fifty_simultaneous_requests_with_one_key_charge_once(provider: Provider) -> None:
    reference = new_reference()
    with ThreadPoolExecutor(50) as pool:
        payments = list(pool.map(lambda _: provider.pay(reference), range(50)))
    assert all(payment == payments[0] for payment in payments)
    assert provider.entries(reference) == [("capture", 2598)]


def test_fifty_simultaneous_requests_are_fifty_payments(provider: Provider) -> None:
    references = [new_reference() for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        payments = list(pool.map(provider.pay, references))
    assert len({payment["id"] for payment in payments}) == 50
    assert all(provider.entries(reference) == [("capture", 2598)] for reference in references)


@pytest.mark.parametrize(
    "said",
    [
        {"amount": 0},
        {"amount": "2598"},
        {"amount": True},
        {"amount": 10**15},
        {"currency": "eur"},
        {"currency": "EUR\n"},
        {"reference": "5A0E7C1B-3D2F-4E8A-A6B9-1C4D7F8E9A44"},
        {"reference": 7},
        {"payment_method": ""},
        {"capture": "yes"},
        {"tip": 1},
    ],
)
def test_a_body_that_does_not_match_the_schema_is_invalid(
    provider: Provider, said: dict[str, object]
) -> None:
    body = {
        "reference": new_reference(),
        "amount": 2598,
        "currency": "EUR",
        "payment_method": "pm_card_visa",
        **said,
    }
    answer = provider.client.post(
        "/payments", json=body, headers={"Idempotency-Key": new_reference()}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"amount": NaN}', b"[" * 30_000])
def test_a_body_that_is_not_json_is_malformed(provider: Provider, body: bytes) -> None:
    answer = provider.client.post("/payments", content=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_the_ledger_is_paginated(provider: Provider) -> None:
    references = [provider.pay()["reference"] for _ in range(3)]
    seen, cursor = [], "0"
    while cursor:
        page = provider.client.get("/ledger", params={"cursor": cursor, "limit": 2}).json()
        seen += page["entries"]
        cursor = page["next_cursor"]
    assert [entry["payment_reference"] for entry in seen[-3:]] == references
    assert len(seen) == len({entry["id"] for entry in seen})
