"""Events: signed, delivered at least once, and faulty when a fault says so."""

import time
from itertools import pairwise

import pytest
from standardwebhooks import Webhook

from tests.provider import SECRET, Provider, wait_for
from tests.shop import Shop


def test_a_capture_sends_a_signed_event(provider: Provider, shop: Shop) -> None:
    payment = provider.pay()
    [received] = shop.wait_for(payment["reference"])
    assert Webhook(SECRET).verify(received.body, received.headers) == received.content
    assert received.headers["content-type"] == "application/json"
    assert received.content["type"] == "payment.captured"
    assert received.content["data"] == {
        "id": payment["id"],
        "reference": payment["reference"],
        "amount": 2598,
        "currency": "EUR",
        "failure_code": None,
    }
    wait_for(lambda: provider.events(payment["reference"])[0]["state"] == "delivered")
    [event] = provider.events(payment["reference"])
    assert (event["id"], event["attempts"], event["last_status"]) == (received.id, 1, 204)
    assert event["body"] == received.content


def test_each_outcome_has_its_event_type(provider: Provider, shop: Shop) -> None:
    failed = provider.pay(payment_method="pm_card_declined")
    refunded = provider.try_to_refund(provider.pay(), 100).json()
    refused = provider.try_to_refund(
        provider.pay(payment_method="pm_card_refund_fails"), 100
    ).json()
    types = {
        outcome["reference"]: shop.wait_for(outcome["reference"])[0].content["type"]
        for outcome in (failed, refunded, refused)
    }
    assert list(types.values()) == ["payment.failed", "refund.succeeded", "refund.failed"]
    data = shop.about(refused["reference"])[0].content["data"]
    assert (data["id"], data["failure_code"]) == (refused["id"], "refund_refused")


def test_an_authorization_sends_an_event_when_it_is_captured(
    provider: Provider, shop: Shop
) -> None:
    payment = provider.pay(capture=False)
    assert provider.events(payment["reference"]) == []
    provider.client.post(f"/payments/{payment['id']}/capture")
    [received] = shop.wait_for(payment["reference"])
    assert received.content["type"] == "payment.captured"


def test_a_replayed_request_sends_no_second_event(provider: Provider) -> None:
    payment = provider.pay()
    provider.pay(payment["reference"])
    assert len(provider.events(payment["reference"])) == 1


def test_a_rejected_event_is_retried_after_growing_pauses(provider: Provider, shop: Shop) -> None:
    shop.statuses += [500, 302, 401]
    reference = provider.pay()["reference"]
    attempts = shop.wait_for(reference, times=4)
    pauses = [later.at - sooner.at for sooner, later in pairwise(attempts)]
    for pause, least in zip(pauses, [0.2, 0.4, 0.8], strict=True):
        assert least <= pause < least + 0.3
    assert len({received.id for received in attempts}) == 1
    assert len({received.headers["webhook-timestamp"] for received in attempts}) > 1
    for received in attempts:
        Webhook(SECRET).verify(received.body, received.headers)
    wait_for(lambda: provider.events(reference)[0]["state"] == "delivered")
    assert provider.events(reference)[0]["attempts"] == 4


def test_an_undelivered_event_survives_a_restart(own_provider: Provider, shop: Shop) -> None:
    shop.statuses += [500] * 3
    reference = own_provider.pay()["reference"]
    shop.wait_for(reference)
    assert own_provider.stop() == 0
    before = len(shop.about(reference))
    own_provider.start()
    shop.wait_for(reference, times=before + 1)
    wait_for(lambda: own_provider.events(reference)[0]["state"] == "delivered")
    assert own_provider.find(reference)[0]["status"] == "captured"


def test_a_lost_event_is_only_sent_on_request(provider: Provider, shop: Shop) -> None:
    provider.arrange("deliverEvent", "lose")
    reference = provider.pay()["reference"]
    shop.wait_for(provider.pay()["reference"])
    [event] = provider.events(reference)
    assert (event["state"], event["attempts"]) == ("lost", 0)
    assert shop.about(reference) == []
    shop.statuses += [503]
    failed = provider.client.post(f"/events/{event['id']}/delivery").json()
    assert (failed["state"], failed["attempts"], failed["last_status"]) == ("lost", 1, 503)
    again = provider.client.post(f"/events/{event['id']}/delivery").json()
    assert (again["state"], again["attempts"], again["last_status"]) == ("delivered", 2, 204)
    assert [received.id for received in shop.about(reference)] == [event["id"]] * 2


def test_a_delivered_event_can_be_delivered_again(provider: Provider, shop: Shop) -> None:
    reference = provider.pay()["reference"]
    [first] = shop.wait_for(reference)
    provider.client.post(f"/events/{first.id}/delivery")
    assert [received.id for received in shop.about(reference)] == [first.id] * 2


def test_a_duplicate_has_the_same_id(provider: Provider, shop: Shop) -> None:
    provider.arrange("deliverEvent", "duplicate")
    reference = provider.pay()["reference"]
    first, second = shop.wait_for(reference, times=2)
    assert (first.id, first.body) == (second.id, second.body)
    wait_for(lambda: provider.events(reference)[0]["state"] == "delivered")


def test_a_delayed_event_arrives_late(provider: Provider, shop: Shop) -> None:
    provider.arrange("deliverEvent", "delay", seconds=0.5)
    began = time.monotonic()
    [received] = shop.wait_for(provider.pay()["reference"])
    assert 0.5 <= received.at - began < 2


def test_a_reordered_event_arrives_after_the_next(provider: Provider, shop: Shop) -> None:
    provider.arrange("deliverEvent", "reorder")
    payment = provider.pay()
    refund = provider.try_to_refund(payment, 100).json()
    [late] = shop.wait_for(payment["reference"])
    [early] = shop.about(refund["reference"])
    assert early.at < late.at


def test_a_reordered_event_waits_three_seconds_at_most(provider: Provider, shop: Shop) -> None:
    provider.arrange("deliverEvent", "reorder")
    began = time.monotonic()
    payment = provider.pay()
    assert provider.events(payment["reference"])[0]["state"] == "held"
    [received] = shop.wait_for(payment["reference"])
    assert 3 <= received.at - began < 5


@pytest.mark.parametrize("of", ["payment", "refund"])
def test_an_event_fault_can_be_limited_to_one_reference(provider: Provider, of: str) -> None:
    other, payment = provider.pay(), provider.pay()
    reference = payment["reference"]
    provider.arrange("deliverEvent", "lose", reference=reference, times=None)
    refund = provider.try_to_refund(payment if of == "refund" else other, 100).json()
    [event] = provider.events(refund["reference"])
    assert (event["state"] == "lost") == (of == "refund")


def test_events_are_paginated(provider: Provider) -> None:
    references = [provider.pay()["reference"] for _ in range(3)]
    seen, cursor = [], "0"
    while cursor:
        page = provider.client.get("/events", params={"cursor": cursor, "limit": 2}).json()
        seen += [event["body"]["data"]["reference"] for event in page["items"]]
        cursor = page["next_cursor"]
    assert seen[-3:] == references
