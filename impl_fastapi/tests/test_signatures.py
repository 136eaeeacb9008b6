"""Which events are the provider's."""

import time
from base64 import b64decode, b64encode

import pytest
from fastapi import Request
from standardwebhooks.webhooks import hmac_data

from bookstore.errors import InvalidSignature
from bookstore.payments.signatures import verified_id
from bookstore.settings import SANDBOX_WEBHOOK_SECRET

pytestmark = pytest.mark.anyio


def signature(id_: str, moment: str, body: bytes) -> str:
    key = b64decode(SANDBOX_WEBHOOK_SECRET.removeprefix("whsec_"))
    return "v1," + b64encode(hmac_data(key, f"{id_}.{moment}.".encode() + body)).decode()


async def verify(
    body: bytes = b"{}", *, id_: str = "msg_1", moment: str = "", signatures: str | None = None
) -> str:
    moment = moment or str(int(time.time()))
    if signatures is None:
        signatures = signature(id_, moment, body)
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": moment,
        "webhook-signature": signatures.replace("GOOD", signature(id_, moment, body)),
    }
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return await verified_id(Request({"type": "http", "headers": raw}, receive))


@pytest.mark.parametrize("body", [b"{}", b"", b"\xff\xfe{\x00", "{“ü”}".encode()])
async def test_the_bytes_are_signed_whatever_they_are(body: bytes) -> None:
    assert await verify(body) == "msg_1"


@pytest.mark.parametrize("signatures", ["v1a,x GOOD", "nonsense GOOD", "v1,x GOOD v1", " GOOD"])
async def test_one_good_signature_is_enough(signatures: str) -> None:
    assert await verify(signatures=signatures) == "msg_1"


@pytest.mark.parametrize("signatures", ["", "v1", "v1,", "v1,,", "v1a,x", "v1," + "A" * 43 + "="])
async def test_none_is_not(signatures: str) -> None:
    with pytest.raises(InvalidSignature):
        await verify(signatures=signatures)


@pytest.mark.parametrize("age", [-310, 310])
async def test_old_and_future_events_are_refused(age: int) -> None:
    with pytest.raises(InvalidSignature):
        await verify(moment=str(int(time.time()) - age))


@pytest.mark.parametrize("moment", [f"{int(time.time())}.0", "nan", "9" * 12])
async def test_a_moment_is_whole_seconds(moment: str) -> None:
    with pytest.raises(InvalidSignature):
        await verify(moment=moment)


async def test_an_id_with_a_dot_could_be_another_message() -> None:
    with pytest.raises(InvalidSignature):
        await verify(id_="msg.1")
