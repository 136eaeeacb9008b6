"""Each kind of fault: what the client receives, and whether the payment was made."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.provider import API_KEY, Provider, new_reference, wait_for


def try_to_pay(provider: Provider, reference: str) -> httpx.Response:
    return provider.try_to_pay(reference, provider.raw)


@pytest.mark.parametrize(("kind", "charged"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_call_receives_no_byte(provider: Provider, kind: str, *, charged: bool) -> None:
    reference = new_reference()
    provider.arrange("createPayment", kind)
    body = (
        f'{{"reference": "{reference}", "amount": 2598, "currency": "EUR",'
        ' "payment_method": "pm_card_visa"}'
    )
    request = (
        "POST /payments HTTP/1.1\r\nHost: sandbox\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {API_KEY}\r\nIdempotency-Key: {reference}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    with socket.create_connection(("127.0.0.1", provider.port), timeout=5) as connection:
        connection.sendall(request.encode())
        assert connection.recv(1) == b""
    assert len(provider.find(reference)) == charged
    assert provider.pay(reference)["status"] == "captured"
    assert provider.entries(reference) == [("capture", 2598)]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_a_status_fault_does_nothing_else(provider: Provider, status: int) -> None:
    reference = new_reference()
    provider.arrange("createPayment", "status", status=status)
    answer = try_to_pay(provider, reference)
    assert (answer.status_code, answer.json()["code"]) == (status, "fault")
    assert ("Retry-After" in answer.headers) == (status in {429, 503})
    assert provider.find(reference) == []


def test_a_delay_comes_before_the_work(provider: Provider) -> None:
    reference = new_reference()
    provider.arrange("createPayment", "delay", seconds=0.4)
    began = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        provider.raw.post(
            "/payments",
            json={
                "reference": reference,
                "amount": 1,
                "currency": "EUR",
                "payment_method": "pm_card_visa",
            },
            headers={"Idempotency-Key": reference},
            timeout=0.1,
        )
    assert provider.find(reference) == []
    while not provider.find(reference):
        assert time.monotonic() < began + 5
    assert time.monotonic() >= began + 0.4


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_a_held_call_waits_until_the_fault_is_deleted(provider: Provider, seconds: float) -> None:
    reference = new_reference()
    fault = provider.arrange("createPayment", "hold", seconds=seconds)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(provider.pay, reference)
        wait_for(lambda: provider.client.get("/faults").json()["items"][0]["held"] == 1)
        assert provider.find(reference) == []
        assert provider.pay()["status"] == "captured", "it was to happen once"
        if not seconds:
            assert provider.client.delete(f"/faults/{fault['id']}").status_code == 204
        assert call.result()["status"] == "captured"
    assert provider.entries(reference) == [("capture", 2598)]


def test_a_malformed_response_is_cut_in_half(provider: Provider) -> None:
    reference = new_reference()
    provider.arrange("createPayment", "malformed")
    answer = try_to_pay(provider, reference)
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, "application/json")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()
    assert provider.entries(reference) == [("capture", 2598)]


def test_an_oversized_response_is_valid_json(provider: Provider) -> None:
    reference = new_reference()
    provider.arrange("createPayment", "oversized")
    answer = try_to_pay(provider, reference)
    assert len(answer.content) > 10 * 1024 * 1024
    assert answer.json()["status"] == "captured"
    assert provider.entries(reference) == [("capture", 2598)]


def test_a_redirect_leads_to_a_false_success(provider: Provider) -> None:
    reference = new_reference()
    provider.arrange("createPayment", "redirect")
    answer = try_to_pay(provider, reference)
    assert answer.status_code == 302
    false = provider.raw.get(answer.headers["Location"])
    shown = (false.status_code, false.json()["status"], false.json()["amount"])
    assert shown == (201, "captured", 2598)
    assert provider.find(reference) == []


@pytest.mark.parametrize(
    ("kind", "amount", "currency"), [("wrong_amount", 2599, "EUR"), ("wrong_currency", 2598, "USD")]
)
def test_a_wrong_response_names_another_amount_or_currency(
    provider: Provider, kind: str, amount: int, currency: str
) -> None:
    reference = new_reference()
    provider.arrange("*", kind, times=2)
    for answer in (
        try_to_pay(provider, reference).json(),
        provider.find(reference)[0],
    ):
        assert (answer["amount"], answer["currency"]) == (amount, currency)
    [payment] = provider.find(reference)
    assert (payment["amount"], payment["currency"]) == (2598, "EUR")


def test_faults_apply_to_refunds(provider: Provider) -> None:
    payment, reference = provider.pay(), new_reference()
    provider.arrange("createRefund", "drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        provider.try_to_refund(payment, 100, reference)
    provider.arrange("findRefund", "status", status=500)
    query = {"reference": reference}
    assert provider.raw.get("/refunds", params=query).status_code == 500
    assert len(provider.client.get("/refunds", params=query).json()["items"]) == 1
    assert provider.find(payment["reference"])[0]["refunded"] == 100


def test_an_error_response_can_be_dropped(provider: Provider) -> None:
    provider.arrange("createPayment", "drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        provider.try_to_pay(payment_method="pm_card_gold")


def test_a_fault_happens_the_given_number_of_times(provider: Provider) -> None:
    provider.arrange("findPayment", "status", status=500, times=2)
    query = {"reference": new_reference()}
    statuses = [provider.raw.get("/payments", params=query).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert provider.client.get("/faults").json() == {"items": []}


def test_a_fault_without_a_number_stays_until_it_is_deleted(provider: Provider) -> None:
    fault = provider.arrange("findPayment", "status", status=500, times=None)
    query = {"reference": new_reference()}
    statuses = [provider.raw.get("/payments", params=query).status_code for _ in range(5)]
    assert statuses == [500] * 5
    assert provider.client.get("/faults").json() == {"items": [fault]}
    assert provider.client.delete(f"/faults/{fault['id']}").status_code == 204
    assert provider.raw.get("/payments", params=query).status_code == 200


def test_a_fault_can_be_limited_to_one_payment_and_its_refunds(provider: Provider) -> None:
    payment, other = provider.pay(), provider.pay()
    refund = provider.try_to_refund(payment, 100).json()
    fault = provider.arrange("*", "status", status=500, times=None, reference=payment["reference"])
    for spared in (f"/payments/{other['id']}", f"/payments?reference={other['reference']}"):
        assert provider.raw.get(spared).status_code == 200
    for hit in (
        f"/payments/{payment['id']}",
        f"/payments?reference={payment['reference']}",
        f"/refunds?reference={refund['reference']}",
    ):
        assert provider.raw.get(hit).status_code == 500
    provider.client.delete(f"/faults/{fault['id']}")


def test_the_oldest_fault_applies_first(provider: Provider) -> None:
    provider.arrange("findPayment", "status", status=500)
    provider.arrange("*", "status", status=429)
    query = {"reference": new_reference()}
    statuses = [provider.raw.get("/payments", params=query).status_code for _ in range(3)]
    assert statuses == [500, 429, 200]


def test_cleared_faults_do_not_happen(provider: Provider) -> None:
    provider.arrange("*", "drop_before", times=None)
    provider.arrange("deliverEvent", "lose", times=None)
    assert provider.client.delete("/faults").status_code == 204
    assert provider.client.get("/faults").json() == {"items": []}
    provider.pay()


@pytest.mark.parametrize(
    "said",
    [
        {"on": "createPayment", "kind": "lose"},
        {"on": "deliverEvent", "kind": "drop_before"},
        {"on": "createPayment", "kind": "status"},
        {"on": "createPayment", "kind": "malformed", "status": 500},
        {"on": "createPayment", "kind": "status", "status": 404},
        {"on": "createPayment", "kind": "delay"},
        {"on": "createPayment", "kind": "malformed", "times": 0},
        {"on": "createPayment", "kind": "malformed", "times": 1001},
        {"on": "createPayment", "kind": "malformed", "reference": "x"},
        {"on": "listEvents", "kind": "malformed"},
        {"kind": "malformed"},
    ],
)
def test_an_invalid_fault_is_rejected(provider: Provider, said: dict[str, object]) -> None:
    answer = provider.client.post("/faults", json=said)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
