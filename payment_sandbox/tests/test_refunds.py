"""Refunds: in parts, and never more than the captured amount."""

from concurrent.futures import ThreadPoolExecutor

from tests.provider import Provider, new_reference


def test_partial_refunds_add_up_to_the_captured_amount(provider: Provider) -> None:
    payment = provider.pay()
    parts = [provider.try_to_refund(payment, amount).json() for amount in (1000, 1598)]
    assert [part["status"] for part in parts] == ["succeeded", "succeeded"]
    assert [part["payment_id"] for part in parts] == [payment["id"]] * 2
    assert provider.find(payment["reference"]) == [{**payment, "refunded": 2598}]
    answer = provider.try_to_refund(payment, 1)
    assert (answer.status_code, answer.json()["code"]) == (422, "amount_exceeds_captured")
    assert provider.entries(payment["reference"]) == [
        ("capture", 2598),
        ("refund", 1000),
        ("refund", 1598),
    ]


def test_a_refund_is_found_by_its_reference(provider: Provider) -> None:
    refund = provider.try_to_refund(provider.pay(), 100).json()
    found = provider.client.get("/refunds", params={"reference": refund["reference"]})
    assert found.json() == {"items": [refund]}
    nothing = provider.client.get("/refunds", params={"reference": new_reference()})
    assert nothing.json() == {"items": []}


def test_a_refund_that_the_card_refuses_moves_no_money(provider: Provider) -> None:
    payment = provider.pay(payment_method="pm_card_refund_fails")
    refund = provider.try_to_refund(payment, 100).json()
    assert (refund["status"], refund["failure_code"]) == ("failed", "refund_refused")
    assert provider.find(payment["reference"]) == [payment]
    assert provider.entries(payment["reference"]) == [("capture", 2598)]


def test_a_payment_that_is_not_captured_cannot_be_refunded(provider: Provider) -> None:
    for payment in (provider.pay(capture=False), provider.pay(payment_method="pm_card_declined")):
        answer = provider.try_to_refund(payment, 1)
        assert (answer.status_code, answer.json()["code"]) == (422, "amount_exceeds_captured")


def test_a_repeated_request_refunds_once(provider: Provider) -> None:
    payment, reference = provider.pay(), new_reference()
    first = provider.try_to_refund(payment, 100, reference)
    again = provider.try_to_refund(payment, 100, reference)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = provider.try_to_refund(payment, 200, reference)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert provider.find(payment["reference"])[0]["refunded"] == 100


def test_a_key_belongs_to_one_payment(provider: Provider) -> None:
    reference = new_reference()
    provider.try_to_refund(provider.pay(), 100, reference)
    answer = provider.try_to_refund(provider.pay(), 100, reference)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_reference_names_one_refund(provider: Provider) -> None:
    payment = provider.pay()
    refund = provider.try_to_refund(payment, 100).json()
    answer = provider.client.post(
        f"/payments/{payment['id']}/refunds",
        json={"reference": refund["reference"], "amount": 100},
        headers={"Idempotency-Key": new_reference()},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "reference_in_use")


def test_fifty_simultaneous_refunds_do_not_exceed_the_captured_amount(provider: Provider) -> None:
    payment = provider.pay(amount=1000)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: provider.try_to_refund(payment, 100), range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [422] * 40
    assert provider.find(payment["reference"])[0]["refunded"] == 1000
