"""An event counts if a secret of the shop's signs this id, this timestamp and these very bytes."""

import base64
import json
import time
from collections.abc import Callable

import pytest

from harness import formats, webhooks
from harness.client import Client, invalid, refused, succeeded
from harness.contract import Json
from harness.events import CAPTURED, Events
from harness.sales import Sales
from harness.sandbox import Sandbox
from harness.target import Target

MIB = 1024 * 1024
TOLERANCE = 300


@pytest.fixture(scope="module")
def events(anyone: Client, target: Target) -> Events:
    if target.webhook_secret is None:
        pytest.skip("needs the secret of the payment provider's events: --webhook-secret")
    return Events(anyone, target.webhook_secret)


def pending(sales: Sales, buyer: Client, sandbox: Sandbox) -> Json:
    """A pending payment, of which the provider knows nothing."""
    with sandbox.misbehaving("createPayment", "drop_before"):
        return succeeded(sales.pay(buyer, sales.order(buyer)), 202).json()


@pytest.fixture
def payment(sales: Sales, reader: Client, sandbox: Sandbox) -> Json:
    return pending(sales, reader, sandbox)


@pytest.fixture(scope="module")
def unsettled(sales: Sales, reader: Client, sandbox: Sandbox) -> Json:
    """One that no test settles."""
    return pending(sales, reader, sandbox)


def status(sales: Sales, payment: Json) -> str:
    return str(succeeded(sales.staff.get(f"/payments/{payment['id']}")).json()["status"])


Forgery = Callable[[bytes, str], dict[str, str | None]]


def with_id(event_id: str) -> Forgery:
    return lambda content, secret: {**webhooks.headers(content, secret, event_id=event_id)}


def at(seconds_ago: int) -> Forgery:
    return lambda content, secret: {**webhooks.headers(content, secret, seconds_ago=seconds_ago)}


def but(**headers: str | None) -> Forgery:
    """The right headers with others in the place of some."""
    changed = {f"webhook-{name}": value for name, value in headers.items()}
    return lambda content, secret: {**webhooks.headers(content, secret), **changed}


def signing(change: Callable[[str], str]) -> Forgery:
    """The right headers with a changed signature."""

    def forge(content: bytes, secret: str) -> dict[str, str | None]:
        headers = webhooks.headers(content, secret)
        return {**headers, "webhook-signature": change(headers["webhook-signature"])}

    return forge


def timestamp(text: str) -> Forgery:
    """A timestamp in another form, signed as it stands."""

    def forge(content: bytes, secret: str) -> dict[str, str | None]:
        signature = webhooks.signature(content, secret, "msg_1", text)
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": text,
            "webhook-signature": signature,
        }

    return forge


def now() -> int:
    return int(time.time())


OTHER = webhooks.PREFIX + base64.b64encode(b"a secret of somebody else's").decode()
FORGERIES: dict[str, Forgery] = {
    "no headers": but(id=None, timestamp=None, signature=None),
    "no id": but(id=None),
    "no timestamp": but(timestamp=None),
    "no signature": but(signature=None),
    "an empty id": but(id=""),
    "an empty timestamp": but(timestamp=""),
    "an empty signature": but(signature=""),
    "another id": but(id="msg_other"),
    "another timestamp": but(timestamp=str(now() - 5)),
    "another secret": lambda content, _: {**webhooks.headers(content, OTHER)},
    "other content": lambda content, secret: {**webhooks.headers(content + b" ", secret)},
    "old": at(TOLERANCE + 5),
    "from the future": at(-TOLERANCE - 5),
    "from 1970": timestamp("0"),
    "a fraction of a second": timestamp(f"{now()}.5"),
    "a signed timestamp": timestamp(f"+{now()}"),
    "a negative timestamp": timestamp("-5"),
    "an exponent": timestamp(f"{now()}e0"),
    "milliseconds": timestamp(str(now() * 1000)),
    "not a number": timestamp("nan"),
    "infinity": timestamp("inf"),
    "no timestamp at all": timestamp("today"),
    "thirteen digits": timestamp(f"{now():013}"),
    "an underscore": timestamp(f"{now():_}"),
    "an id with a dot": with_id("msg.1"),
    "an id with a blank": with_id("msg 1"),
    "a long id": with_id("m" * 256),
    "no version": signing(lambda good: good.removeprefix("v1,")),
    "a version without a comma": signing(lambda good: good.replace(",", "")),
    "another version": signing(lambda good: good.replace("v1,", "v2,")),
    "asymmetric": signing(lambda good: good.replace("v1,", "v1a,")),
    "an upper-case version": signing(lambda good: good.replace("v1,", "V1,")),
    "only a version": signing(lambda _: "v1,"),
    "only a comma": signing(lambda _: ","),
    "a word": signing(lambda _: "nonsense"),
    "no base64": signing(lambda _: "v1,***"),
    "half of it": signing(lambda good: good[:20]),
    "hexadecimal": signing(lambda good: "v1," + base64.b64decode(good[3:]).hex()),
    "one bit": signing(lambda good: good[:4] + ("A" if good[4] != "A" else "B") + good[5:]),
    "several, all wrong": signing(lambda good: f"v2,{good[3:]} v1,AAAA nonsense v1, v1"),
    "too many": signing(lambda good: " ".join(["v1,AAAA"] * 200 + [good])),
    "of something else": signing(lambda _: "v1," + base64.b64encode(b"\0" * 32).decode()),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_refused_and_changes_nothing(
    sales: Sales, unsettled: Json, events: Events, forge: Forgery
) -> None:
    content = events.event(CAPTURED, unsettled)
    headers = {"Content-Type": "application/json", **forge(content, events.secret)}
    answer = events.anyone.post("/webhooks/payments", content=content, headers=headers)
    refused(answer, 401, "invalid-signature")
    assert status(sales, unsettled) == "pending"


def test_the_signature_is_asked_for_before_everything_but_the_size(events: Events) -> None:
    for content in (b"{", b"[]", b"", b"\xff"):
        for media_type in ("application/json", "text/plain", None):
            answer = events.send(content, Content_Type=media_type, webhook_signature="v1,AAAA")
            refused(answer, 401, "invalid-signature")
    unsigned = {"webhook_id": None, "webhook_timestamp": None, "webhook_signature": None}
    refused(events.send(b" " * (MIB + 1), **unsigned), 413, "content-too-large")


@pytest.mark.parametrize("seconds_ago", [TOLERANCE - 20, 20, -TOLERANCE + 20])
def test_a_clock_may_be_off_a_little(
    sales: Sales, payment: Json, events: Events, seconds_ago: int
) -> None:
    content = events.event(CAPTURED, payment)
    headers = webhooks.headers(content, events.secret, seconds_ago=seconds_ago)
    sent = {"Content-Type": "application/json", **headers}
    succeeded(events.anyone.post("/webhooks/payments", content=content, headers=sent), 204)
    assert status(sales, payment) == "captured"


@pytest.mark.parametrize(
    "change",
    [
        lambda good: f"v1,{'A' * 43}= {good}",
        lambda good: f"{good} v1,{'A' * 43}=",
        lambda good: f"nonsense v2,AAAA v1a,AAAA v1, v1,*** {good}",
        lambda good: f"v1,AAAA  {good}",
    ],
    ids=["last", "first", "after nonsense", "after two blanks"],
)
def test_one_good_signature_of_several_is_enough(
    sales: Sales, payment: Json, events: Events, change: Callable[[str], str]
) -> None:
    content = events.event(CAPTURED, payment)
    headers = {"Content-Type": "application/json"}
    headers |= {name: str(value) for name, value in signing(change)(content, events.secret).items()}
    succeeded(events.anyone.post("/webhooks/payments", content=content, headers=headers), 204)
    assert status(sales, payment) == "captured"


@pytest.mark.usefixtures("our_target")
@pytest.mark.parametrize("secret", webhooks.SECRETS, ids=["first", "second"])
def test_any_of_the_shop_s_secrets_signs(
    sales: Sales, payment: Json, events: Events, secret: str
) -> None:
    Events(events.anyone, secret).tell(CAPTURED, payment)
    assert status(sales, payment) == "captured"


def test_what_is_signed_are_the_bytes(sales: Sales, payment: Json, events: Events) -> None:
    event = json.loads(events.event(CAPTURED, payment))
    content = json.dumps(event, indent=3, sort_keys=True, ensure_ascii=False).encode() + b"\r\n"
    succeeded(events.send(content), 204)
    assert status(sales, payment) == "captured"


WRONG: list[tuple[Json, dict[str, str]]] = [
    ({"type": "payment.refunded"}, {"/type": "choice"}),
    ({"timestamp": "yesterday"}, {"/timestamp": "format"}),
    ({"timestamp": 1}, {"/timestamp": "type"}),
    ({"data": []}, {"/data": "type"}),
    ({"data": {"id": ""}}, {"/data/id": "length"}),
    ({"data": {"id": "a b"}}, {"/data/id": "format"}),
    ({"data": {"amount": -1}}, {"/data/amount": "range"}),
    ({"data": {"amount": 10**15}}, {"/data/amount": "range"}),
    ({"data": {"amount": "1"}}, {"/data/amount": "type"}),
    ({"data": {"currency": "eur"}}, {"/data/currency": "format"}),
    ({"data": {"failure_code": "Card Declined"}}, {"/data/failure_code": "format"}),
    ({"data": {"failure_code": ""}}, {"/data/failure_code": "length"}),
]


@pytest.mark.parametrize(("changes", "errors"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_event_is_named(
    sales: Sales, payment: Json, events: Events, changes: Json, errors: dict[str, str]
) -> None:
    event = json.loads(events.event(CAPTURED, payment))
    data = changes.get("data", {})
    if isinstance(data, dict):
        changes = {**changes, "data": {**event["data"], **data}}
    invalid(events.send(json.dumps({**event, **changes}).encode()), errors)
    assert status(sales, payment) == "pending"


@pytest.mark.parametrize("name", ["id", "reference", "amount", "currency"])
def test_what_an_event_lacks_is_named(payment: Json, events: Events, name: str) -> None:
    event = json.loads(events.event(CAPTURED, payment))
    del event["data"][name]
    invalid(events.send(json.dumps(event).encode()), {f"/data/{name}": "required"})


def test_unknown_members_of_an_event_are_ignored(
    sales: Sales, payment: Json, events: Events
) -> None:
    event = json.loads(events.event(CAPTURED, payment))
    event["api_version"] = "2027-01-01"
    event["data"]["fee"] = {"amount": 1}
    succeeded(events.send(json.dumps(event).encode()), 204)
    assert status(sales, payment) == "captured"


def test_a_failure_code_may_be_left_out(sales: Sales, payment: Json, events: Events) -> None:
    event = json.loads(events.event("payment.failed", payment))
    del event["data"]["failure_code"]
    succeeded(events.send(json.dumps(event).encode()), 204)
    assert status(sales, payment) == "failed"


def test_a_refused_event_may_come_again_corrected(
    sales: Sales, payment: Json, events: Events
) -> None:
    event_id = f"msg_{formats.word()}"
    content = events.event(CAPTURED, payment, currency="nonsense")
    headers = webhooks.headers(content, events.secret, event_id=event_id)
    sent = {"Content-Type": "application/json", **headers}
    answer = events.anyone.post("/webhooks/payments", content=content, headers=sent)
    assert answer.status_code == 422
    events.tell(CAPTURED, payment, event_id=event_id)
    assert status(sales, payment) == "captured"
