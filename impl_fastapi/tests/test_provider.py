"""What the shop makes of a provider that answers badly, slowly, or not at all."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from bookstore.payments.models import Payment, Refund
from bookstore.payments.provider import Failed, Missing, PaymentProvider, Succeeded, Unknown
from bookstore.settings import current_settings

pytestmark = pytest.mark.anyio

PAYMENT = Payment(
    order_id=uuid4(),
    amount=1299,
    currency="EUR",
    payment_method="pm_card_visa",
    provider_id="pay_1",
)
REFUND = Refund(order_id=PAYMENT.order_id, payment_id=PAYMENT.id, amount=300)
CAPTURED = {
    "id": "pay_1",
    "reference": str(PAYMENT.id),
    "amount": 1299,
    "currency": "EUR",
    "status": "captured",
    "failure_code": None,
}
REFUNDED = CAPTURED | {"reference": str(REFUND.id), "amount": 300, "status": "succeeded"}
SUCCEEDED = Succeeded(amount=1299, currency="EUR", provider_id="pay_1")

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


class FarEnd:
    """A server that plays one script a connection, and the last one for ever."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.requests: list[bytes] = []
        self.url = ""

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.read(65_536))
        script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
        try:
            await script(writer)
        except ConnectionError:
            pass  # the shop has heard enough
        finally:
            writer.close()


def says(status: int, value: object, *headers: str) -> Script:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()

    return script


def trickles(start: bytes) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.2)

    return script


async def hangs_up(_: asyncio.StreamWriter) -> None:
    """Say nothing."""


@pytest.fixture
async def far() -> AsyncIterator[FarEnd]:
    far = FarEnd()
    server = await asyncio.start_server(far.play, "127.0.0.1", 0)
    far.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield far
    server.close()


@pytest.fixture
async def provider(far: FarEnd) -> AsyncIterator[PaymentProvider]:
    settings = replace(current_settings(), payment_url=far.url, payment_timeout_seconds=1)
    provider = PaymentProvider(settings)
    yield provider
    await provider.close()


async def test_a_good_answer(far: FarEnd, provider: PaymentProvider) -> None:
    far.scripts = [says(201, CAPTURED)]
    assert await provider.create_payment(PAYMENT) == SUCCEEDED
    (request,) = far.requests
    assert f"idempotency-key: {PAYMENT.id}".encode() in request.lower()
    assert b"authorization: bearer sk_sandbox_development" in request.lower()


async def test_a_refund_is_sent_to_its_payment(far: FarEnd, provider: PaymentProvider) -> None:
    far.scripts = [says(201, REFUNDED)]
    refunded = Succeeded(amount=300, currency="EUR", provider_id="pay_1")
    assert await provider.create_refund(REFUND, PAYMENT) == refunded
    assert far.requests[0].startswith(b"POST /payments/pay_1/refunds ")


async def test_a_decline_and_a_refusal(far: FarEnd, provider: PaymentProvider) -> None:
    far.scripts = [
        says(201, CAPTURED | {"status": "failed", "failure_code": "card_declined"}),
        says(422, {"code": "unknown_payment_method"}),
        says(400, b"what?"),
    ]
    declined = await provider.create_payment(PAYMENT)
    assert declined == Failed(
        amount=1299, currency="EUR", provider_id="pay_1", failure_code="card_declined"
    )
    for code in ("unknown_payment_method", "refused"):
        refused = await provider.create_payment(PAYMENT)
        assert refused == Failed(amount=1299, currency="EUR", failure_code=code)


@pytest.mark.parametrize(
    ("status", "value"),
    [
        (200, CAPTURED),
        (408, {}),
        (409, {}),
        (302, CAPTURED),
        (201, CAPTURED | {"reference": str(uuid4())}),
        (201, CAPTURED | {"status": "authorized"}),
        (201, CAPTURED | {"amount": "1299"}),
        (201, b"{"),
        (201, b"[" * 60_000),
        (201, b""),
        (201, CAPTURED | {"padding": "x" * 70_000}),
    ],
)
async def test_anything_else_is_unknown_and_asked_once(
    far: FarEnd, provider: PaymentProvider, status: int, value: object
) -> None:
    far.scripts = [says(status, value, f"Location: {far.url}/")]
    assert await provider.create_payment(PAYMENT) == Unknown()
    assert len(far.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_provider_that_cannot_now_is_asked_three_times(
    far: FarEnd, provider: PaymentProvider, status: int
) -> None:
    far.scripts = [says(status, {}), says(status, {}), says(201, CAPTURED)]
    assert await provider.create_payment(PAYMENT) == SUCCEEDED
    far.requests, far.scripts = [], [says(status, {})]
    assert await provider.create_payment(PAYMENT) == Unknown()
    assert len(far.requests) == 3


async def test_a_lost_connection_is_unknown_and_asked_once(
    far: FarEnd, provider: PaymentProvider
) -> None:
    far.scripts = [hangs_up]
    assert await provider.create_payment(PAYMENT) == Unknown()
    assert len(far.requests) == 1


async def test_nobody_there_is_unreachable(unused_tcp_url: str) -> None:
    provider = PaymentProvider(replace(current_settings(), payment_url=unused_tcp_url))
    assert await provider.create_payment(PAYMENT) == Unknown(unreachable=True)
    await provider.close()


@pytest.fixture
async def unused_tcp_url() -> str:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 201 X\r\nX-Slow: ",
        b"HTTP/1.1 201 X\r\nContent-Length: 60000\r\n\r\n",
    ],
)
async def test_a_slow_answer_ends_in_time(
    far: FarEnd, provider: PaymentProvider, start: bytes
) -> None:
    far.scripts = [trickles(start)]
    began = time.monotonic()
    assert await provider.create_payment(PAYMENT) == Unknown()
    assert time.monotonic() - began < 2


async def test_what_became_of_it(far: FarEnd, provider: PaymentProvider) -> None:
    far.scripts = [
        says(200, {"items": [CAPTURED]}),
        says(200, {"items": []}),
        says(404, {"code": "not_found"}),
    ]
    for outcome in (SUCCEEDED, Missing(), Unknown()):
        assert await provider.find_payment(PAYMENT) == outcome
