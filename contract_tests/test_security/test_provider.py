"""What the payment provider says is not believed: OWASP API7:2023 and API10:2023."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from harness import formats, webhooks
from harness.branch import Branch, open_branch
from harness.client import succeeded
from harness.contract import Json
from harness.events import CAPTURED, Events
from harness.sales import path_of
from harness.target import Ground
from harness.villain import REFERENCE, Villain

pytestmark = pytest.mark.slow
OK = "201 Created"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Trap:
    """A shop whose provider is a villain, and a place where nobody has any business."""

    branch: Branch
    villain: Villain
    inner: Villain
    book: Json


@pytest.fixture(scope="module")
def trap(ground: Ground) -> Iterator[Trap]:
    villain, inner = Villain(), Villain()
    inner.says(OK, b"{}")
    with open_branch(
        ground, "villain", pays=False, PAYMENT_URL=villain.url, PAYMENT_TIMEOUT_SECONDS="3"
    ) as branch:
        yield Trap(branch, villain, inner, branch.sales.book(1_000))
    villain.close()
    inner.close()


def about(order: Json, **members: Any) -> bytes:
    """A success as the provider would tell it, but for these members."""
    told = {
        "id": f"px_{order['id'][:8]}",
        "reference": REFERENCE,
        "amount": order["total"]["amount"],
        "refunded": 0,
        "currency": formats.CURRENCY,
        "payment_method": "pm_card_visa",
        "status": "captured",
        "failure_code": None,
        "created_at": "2026-03-01T09:30:00Z",
    }
    return json.dumps({**told, **members}).encode()


def paying(trap: Trap, order: Json) -> Json:
    """The payment of an order, which the shop answers whatever its provider says."""
    answer = trap.branch.sales.pay(trap.branch.buyer, order)
    payment: Json = succeeded(answer).json()
    assert trap.villain.asked, "the provider was asked"
    return payment


def believed(trap: Trap, order: Json) -> bool:
    """Whether the shop takes an order for paid."""
    return bool(trap.branch.sales.now(order)["state"] != "awaiting_payment")


REDIRECTS = ("301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent")


@pytest.mark.parametrize("status", [*REDIRECTS, "300 Choices", "201 Created", "305 Use Proxy"])
def test_a_redirect_leads_nowhere(trap: Trap, status: str) -> None:
    """OWASP API7:2023, CWE-918: the shop is sent to an inner service, and does not go."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    location = b"Location: %s/internal" % trap.inner.url.encode()
    trap.inner.asked.clear()
    trap.villain.says(status, b"{}", location, b"Refresh: 0; url=" + location[10:])
    assert paying(trap, order)["status"] == "pending"
    assert trap.inner.asked == []
    assert not believed(trap, order)


LIES: dict[str, Any] = {
    "HTML": b"<html><body>captured</body></html>",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "text": b'"captured"',
    "no JSON": b"{",
    "no UTF-8": b'{"status":"captured\xff"}',
    "NaN": b'{"amount":NaN}',
    "nested": b"[" * 50_000,
    "a huge number": b'{"amount":1' + b"0" * 20_000 + b"}",
    "duplicate members": b'{"status":"failed","status":"captured"}',
}


@pytest.mark.parametrize("content", LIES.values(), ids=LIES)
def test_nonsense_is_no_outcome(trap: Trap, content: bytes) -> None:
    """OWASP API10:2023, CWE-20: a 201 that says nothing leaves the payment pending."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    trap.villain.says(OK, content)
    assert paying(trap, order)["status"] == "pending"
    assert not believed(trap, order)


HALF_TRUTHS: dict[str, Json] = {
    "of another payment": {"reference": "00000000-0000-4000-8000-000000000000"},
    "a reference that is none": {"reference": "nonsense"},
    "no reference": {"reference": None},
    "less money": {"amount": 1},
    "an amount in text": {"amount": "1299"},
    "a negative amount": {"amount": -1},
    "an amount past all": {"amount": 10**30},
    "another currency": {"currency": "USD"},
    "a currency that is none": {"currency": "€"},
    "another status": {"status": "authorised"},
    "a status that is an object": {"status": {"is": "captured"}},
    "an injection for an id": {"id": "x'; DROP TABLE payments;--"},
    "a path for an id": {"id": "../../refunds"},
    "a line end in an id": {"id": "px\r\nX-Injected: yes"},
    "a mebibyte of an id": {"id": "p" * 60_000},
    "no id": {"id": None},
}


def test_the_truth_is_believed(trap: Trap) -> None:
    """What the lies below differ from."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    trap.villain.says(OK, about(order))
    assert paying(trap, order)["status"] == "captured"
    assert believed(trap, order)


def test_a_truth_that_is_too_long_is_none(trap: Trap) -> None:
    """OWASP API10:2023, CWE-770: past 64 KiB an answer is cut off, whatever it says."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    trap.villain.says(OK, about(order) + b" " * 65_536)
    assert paying(trap, order)["status"] == "pending"
    assert not believed(trap, order)


@pytest.mark.parametrize("members", HALF_TRUTHS.values(), ids=HALF_TRUTHS)
def test_half_a_truth_is_no_outcome(trap: Trap, members: Json) -> None:
    """OWASP API10:2023, CWE-345: amount, currency, id and reference fit, or nothing is true."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    trap.villain.says(OK, about(order, **members))
    assert paying(trap, order)["status"] == "pending"
    assert not believed(trap, order)


BURDENS: dict[str, tuple[bytes, tuple[bytes, ...], bytes]] = {
    "a mebibyte": (b'{"a":"' + b"x" * MIB + b'"}', (), b""),
    "an endless body": (b"", (b"Content-Length: 99999999999",), b"x" * 65_536),
    "endless chunks": (b"", (b"Transfer-Encoding: chunked",), b"1000\r\n" + b"x" * 4096 + b"\r\n"),
    "endless blanks": (b"", (b"Content-Length: 99999999999",), b" " * 65_536),
    "gzip that unfolds": (gzip.compress(b" " * (16 * MIB)), (b"Content-Encoding: gzip",), b""),
    "gzip that is none": (b"x" * 100, (b"Content-Encoding: gzip",), b""),
    "an endless head": (b"", (b"X-A: ",), b"x" * 4096),
    "many headers": (b"{}", (b"X-A: b",) * 5_000, b""),
    "less than promised": (b"{}", (b"Content-Length: 100",), b""),
    "a length that is none": (b"{}", (b"Content-Length: -1",), b""),
    "two lengths": (b"{}", (b"Content-Length: 2", b"Content-Length: 3"), b""),
    "a cookie": (b"{}", (b"Set-Cookie: session=villain; Path=/",), b""),
}


@pytest.mark.parametrize("burden", BURDENS.values(), ids=BURDENS)
def test_an_answer_has_bounds(trap: Trap, burden: tuple[bytes, tuple[bytes, ...], bytes]) -> None:
    """OWASP API10:2023, CWE-400, CWE-409: in time and size, whatever it unfolds to."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    content, fields, drip = burden
    trap.villain.says(OK, content, *fields, drip=drip)
    assert paying(trap, order)["status"] == "pending"
    assert not believed(trap, order)
    assert not any(b"cookie" in asked.lower() for asked in trap.villain.asked)
    succeeded(trap.branch.anyone.get("/books"), 200)


CODES: dict[str, Any] = {
    "markup": "<script>alert(1)</script>",
    "a line end": "declined\r\nX-Injected: yes",
    "a mebibyte": "x" * 60_000,
    "a number": 402,
    "an object": {"code": "declined"},
    "nothing": None,
    "other letters": "abgelehnt_weil_käse",
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_refusal_s_code_is_a_word_or_dropped(trap: Trap, code: Json) -> None:
    """OWASP API10:2023, CWE-79, CWE-117: nothing of it is passed on unseen."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    trap.villain.says("402 Payment Required", json.dumps({"code": code}).encode())
    payment = paying(trap, order)
    assert (payment["status"], payment["failure_code"]) == ("failed", "refused")


def test_the_key_goes_to_the_provider_alone(trap: Trap) -> None:
    """OWASP API7:2023, CWE-201, CWE-522: the shop's key, and nothing of its customer."""
    order = trap.branch.sales.order(trap.branch.buyer, (trap.book, 1))
    trap.villain.says("401 Unauthorized", b"{}", b'WWW-Authenticate: Basic realm="villain"')
    payment = paying(trap, order)
    for asked in trap.villain.asked:
        head, _, body = asked.partition(b"\r\n\r\n")
        assert b"Bearer " in head
        assert str(trap.branch.buyer.token).encode() not in asked
        assert set(json.loads(body)) == {"reference", "amount", "currency", "payment_method"}
    assert payment["status"] in {"failed", "pending"}


def test_an_event_that_comes_again_with_other_content_changes_nothing(trap: Trap) -> None:
    """OWASP API10:2023, CWE-294: an id is of one event, whoever signs a second one under it."""
    branch = trap.branch
    orders = [branch.sales.order(branch.buyer, (trap.book, 1)) for _ in range(2)]
    trap.villain.says("503 Unavailable", b"")
    payments = [paying(trap, order) for order in orders]
    events, event_id = Events(branch.anyone, webhooks.SECRETS[0]), f"msg_{formats.word()}"
    for payment in payments:
        events.tell(CAPTURED, payment, event_id=event_id)
    states = [branch.sales.now(order)["state"] for order in orders]
    assert states == ["paid", "awaiting_payment"]


def test_an_event_is_signed_for_one_shop_and_one_body(trap: Trap) -> None:
    """CWE-345, CWE-347: the right signature of another event, id or moment opens nothing."""
    branch = trap.branch
    order = branch.sales.order(branch.buyer, (trap.book, 1))
    trap.villain.says("503 Unavailable", b"")
    payment = paying(trap, order)
    events = Events(branch.anyone, webhooks.SECRETS[0])
    good = events.event(CAPTURED, payment)
    spared = webhooks.headers(good, webhooks.SECRETS[0])
    for content, changes in (
        (good + b"\n", {}),
        (good.replace(b" ", b""), {}),
        (events.event(CAPTURED, payment, amount=1), {}),
        (good, {"webhook-id": "msg_other"}),
        (good, {"webhook-timestamp": str(int(spared["webhook-timestamp"]) + 1)}),
    ):
        headers = {"Content-Type": "application/json", **spared, **changes}
        answer = branch.anyone.post("/webhooks/payments", content=content, headers=headers)
        assert answer.status_code == 401
    assert succeeded(branch.admin.get(path_of(order))).json()["state"] == "awaiting_payment"
