"""The server returns every documented status of every operation, and no other."""

import httpx
import pytest

from tests.contract import operation_of, operations
from tests.provider import Json, Provider, new_reference

NO_KEY = {"Authorization": "Bearer sk_another"}
UNKNOWN = f"pay_{'0' * 24}"


def answers(provider: Provider) -> list[httpx.Response]:
    """Send a request for each status in openapi.yaml, and return the responses."""
    client, key = provider.client, {"Idempotency-Key": new_reference()}
    payment, authorized = provider.pay(), provider.pay(capture=False)
    payment_url = f"/payments/{payment['id']}"
    refund = provider.try_to_refund(payment, 1).json()
    [event] = provider.events(payment["reference"])
    fault = provider.arrange("createPayment", "malformed", reference=new_reference())
    new: Json = {
        "reference": payment["reference"],
        "amount": 1,
        "currency": "EUR",
        "payment_method": "pm_card_visa",
    }
    large = "x" * 65_537
    return [
        client.get("/health"),
        provider.try_to_pay(),
        client.post("/payments", json=new),
        client.post("/payments", json=new, headers=key),
        client.post("/payments", content=large, headers=key),
        client.post("/payments", json={}, headers=key),
        client.get("/payments", params={"reference": payment["reference"]}),
        client.get("/payments"),
        client.get(payment_url),
        client.get(f"/payments/{UNKNOWN}"),
        client.post(f"/payments/{authorized['id']}/capture"),
        client.post(f"{payment_url}/capture"),
        client.post(f"/payments/{UNKNOWN}/capture"),
        provider.try_to_refund(payment, 1),
        client.post(f"{payment_url}/refunds", json={"reference": new_reference(), "amount": 1}),
        client.post(f"{payment_url}/refunds", json={}, headers=key),
        client.post(f"{payment_url}/refunds", content=large, headers=key),
        client.post(
            f"{payment_url}/refunds",
            json={"reference": refund["reference"], "amount": 1},
            headers=key,
        ),
        provider.try_to_refund({"id": UNKNOWN}, 1),
        client.get("/refunds", params={"reference": refund["reference"]}),
        client.get("/refunds", params={"reference": "x"}),
        client.get("/ledger"),
        client.get("/ledger", params={"limit": 0}),
        client.get("/events"),
        client.get("/events", params={"cursor": "x"}),
        client.post(f"/events/{event['id']}/delivery"),
        client.post(f"/events/evt_{'0' * 24}/delivery"),
        client.post("/faults", json={"on": "*", "kind": "delay", "seconds": 0.1}),
        client.post("/faults", content="{"),
        client.post("/faults", content=large),
        client.post("/faults", json={}),
        client.get("/faults"),
        client.delete(f"/faults/{fault['id']}"),
        client.delete(f"/faults/{fault['id']}"),
        client.delete("/faults"),
        *(
            client.request(
                method, path.format(payment_id=1, event_id=1, fault_id=1), headers=NO_KEY
            )
            for method, path, _ in operations()
        ),
    ]


def test_every_documented_status_occurs_and_no_other(provider: Provider) -> None:
    seen = {
        (operation_of(answer.request)["operationId"], str(answer.status_code))
        for answer in answers(provider)
    }
    documented = {
        (operation["operationId"], status)
        for _, _, operation in operations()
        for status in operation["responses"]
    }
    assert seen == documented


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/payments/", 404, "not_found"),
        ("PUT", "/payments", 405, "method_not_allowed"),
        ("GET", "/payments/x/refunds", 405, "method_not_allowed"),
    ],
)
def test_framework_errors_are_problem_details(
    provider: Provider, method: str, path: str, status: int, code: str
) -> None:
    answer = provider.raw.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ("Allow" in answer.headers) == (status == 405)


def test_without_the_key_every_path_is_401(provider: Provider) -> None:
    for path in ("/nowhere", "/ledger", f"/payments/{UNKNOWN}"):
        answer = provider.raw.get(path, headers=NO_KEY)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
