"""What the shop makes of a provider that answers badly, slowly, or not at all."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any
from uuid import uuid4

import pytest

from bookstore import environment
from bookstore.errors import ServiceUnavailable
from bookstore.payments import provider
from bookstore.payments.models import Payment, Refund
from bookstore.payments.provider import Failed, Missing, Outcome, Succeeded, Unknown
from bookstore.server import THREADS

PAYMENT = Payment(
    id=uuid4(), amount=1299, currency="EUR", payment_method="pm_card_visa", provider_id="pay_1"
)
REFUND = Refund(id=uuid4(), payment=PAYMENT, amount=99)
CAPTURED = {
    "id": "pay_1",
    "reference": str(PAYMENT.id),
    "amount": 1299,
    "currency": "EUR",
    "status": "captured",
    "captured": 1299,
    "refunded": 0,
    "failure_code": None,
    "created_at": "2026-03-01T09:30:00Z",
}

Script = Callable[[socket.socket], None]


class Provider:
    """A server that plays a script for each connection, and the last one for all that follow."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.scripts: list[Script] = []
        self.requests: list[bytes] = []
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self.listener.close()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.play, args=(connection,), daemon=True).start()

    def play(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(connection.recv(65_536))
            script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
            try:
                script(connection)
            except OSError:
                return  # the shop has heard enough


def says(status: int, value: Any, *headers: str) -> Script:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    head = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
        "",
        "",
    ]
    return lambda connection: connection.sendall("\r\n".join(head).encode() + body)


def trickles(start: bytes) -> Script:
    def play(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(50):
            connection.sendall(b"x")
            time.sleep(0.2)

    return play


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    far = Provider()
    monkeypatch.setenv("BOOKSTORE_PAYMENT_URL", far.url)
    monkeypatch.setenv("BOOKSTORE_PAYMENT_TIMEOUT_SECONDS", "1")
    environment.current_settings.cache_clear()
    provider.client.cache_clear()
    yield far
    with suppress(OSError):
        far.close()
    provider.client().close()
    monkeypatch.undo()
    environment.current_settings.cache_clear()
    provider.client.cache_clear()


def ask(far: Provider, *scripts: Script) -> Outcome:
    far.scripts = list(scripts)
    return provider.create_payment(PAYMENT)


def test_a_good_answer(far: Provider) -> None:
    assert ask(far, says(201, CAPTURED)) == Succeeded("pay_1", 1299, "EUR")
    (request,) = far.requests
    assert f"idempotency-key: {PAYMENT.id}".encode() in request.lower()
    assert b"authorization: bearer sk_sandbox_development" in request.lower()


def test_a_decline_and_a_refusal(far: Provider) -> None:
    declined = {**CAPTURED, "status": "failed", "failure_code": "card_declined"}
    assert ask(far, says(201, declined)) == Failed("card_declined", "pay_1", 1299, "EUR")
    assert ask(far, says(422, {"code": "unknown_payment_method"})) == Failed(
        "unknown_payment_method"
    )
    assert ask(far, says(400, {"code": "Not A Code"})) == Failed("refused")
    assert ask(far, says(400, b"what?")) == Failed("refused")


@pytest.mark.parametrize(
    ("status", "value"),
    [
        (200, CAPTURED),
        (408, {}),
        (409, {}),
        (302, CAPTURED),
        (201, {**CAPTURED, "reference": str(uuid4())}),
        (201, {**CAPTURED, "amount": 1298}),
        (201, {**CAPTURED, "amount": 1299.0}),
        (201, {**CAPTURED, "currency": "USD"}),
        (201, {**CAPTURED, "status": "authorized"}),
        (201, {**CAPTURED, "id": ["pay_1"]}),
        (201, [CAPTURED]),
        (201, b"{"),
        (201, b"[" * 60_000),
        (201, b""),
    ],
)
def test_anything_else_is_unknown_and_asked_once(far: Provider, status: int, value: Any) -> None:
    assert isinstance(ask(far, says(status, value, f"Location: {far.url}/")), Unknown)
    assert len(far.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_provider_that_cannot_now_is_asked_three_times(far: Provider, status: int) -> None:
    assert isinstance(ask(far, says(status, {}), says(status, {}), says(201, CAPTURED)), Succeeded)
    far.requests.clear()
    assert isinstance(ask(far, says(status, {})), Unknown)
    assert len(far.requests) == 3


def test_nobody_there_is_unreachable(far: Provider) -> None:
    far.close()
    outcome = ask(far)
    assert isinstance(outcome, Unknown)
    assert outcome.unreachable


def test_a_lost_connection_is_unknown_and_asked_once(far: Provider) -> None:
    assert isinstance(ask(far, lambda _: None), Unknown)
    assert len(far.requests) == 1


def test_a_long_answer_is_cut_off(far: Provider) -> None:
    assert isinstance(ask(far, says(201, {**CAPTURED, "padding": "x" * 70_000})), Unknown)


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 201 X\r\nX-Slow: ", b"HTTP/1.1 201 X\r\nContent-Length: 60000\r\n\r\n"],
)
def test_a_slow_answer_ends_in_time(far: Provider, start: bytes) -> None:
    began = time.monotonic()
    assert isinstance(ask(far, trickles(start)), Unknown)
    assert time.monotonic() - began < 2


def test_what_became_of_it(far: Provider) -> None:
    far.scripts = [
        says(200, {"items": [CAPTURED]}),
        says(200, {"items": []}),
        says(404, {"code": "unknown"}),
    ]
    assert isinstance(provider.find_payment(PAYMENT), Succeeded)
    assert isinstance(provider.find_payment(PAYMENT), Missing)
    assert isinstance(provider.find_payment(PAYMENT), Unknown)


def test_a_refund_is_asked_for_under_its_own_reference(far: Provider) -> None:
    refund = {
        "id": "re_1",
        "reference": str(REFUND.id),
        "amount": 99,
        "currency": "EUR",
        "status": "succeeded",
    }
    far.scripts = [says(201, refund), says(200, {"items": [{**refund, "status": "failed"}]})]
    assert provider.create_refund(REFUND) == Succeeded("re_1", 99, "EUR")
    assert provider.find_refund(REFUND) == Failed("refused", "re_1", 99, "EUR")
    assert far.requests[0].startswith(b"POST /payments/pay_1/refunds ")


def test_half_of_the_threads_may_ask_at_a_time() -> None:
    with ExitStack() as turns:
        for _ in range(THREADS // 2):
            turns.enter_context(provider.turn())
        with pytest.raises(ServiceUnavailable):
            turns.enter_context(provider.turn())
    with provider.turn():
        pass
