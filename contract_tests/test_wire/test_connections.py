"""Several requests on a connection (RFC 9112, 9): in order, each once, none after the last."""

import pytest

from harness import formats
from harness.client import Client
from harness.wire import CLOSE, exchange, is_refusal, message
from test_wire.desk import Desk

GET = b"GET /health/live HTTP/1.1"


def test_requests_ahead_of_a_bad_one_get_their_answers_and_run_once(desk: Desk) -> None:
    """RFC 9112, 9.3.2: in order, none twice, and nothing after a message that is none."""
    length = b"Content-Length: %d" % len(desk.content)
    good = desk.message(length, content=desk.content)
    other = formats.word()
    content = b'{"name":"%s"}' % other.encode()
    after = desk.message(b"Content-Length: %d" % len(content), content=content)
    first, *rest = desk.send(good, b"nonsense\r\n\r\n", after)
    assert first.status == 201
    assert is_refusal(rest)
    assert desk.has_made()
    listed = desk.staff.walk("/authors", limit=100, sort="-name")
    assert other not in {author["name"] for author in listed}


def test_one_packet_of_requests_is_answered_in_order(url: str) -> None:
    """RFC 9112, 9.3.2."""
    paths = [b"/health/live", b"/nonsense", b"/books", b"/openapi.yaml", b"/users/me"] * 4
    requests = [message(b"GET %s HTTP/1.1" % path) for path in paths]
    replies = exchange(url, b"".join(requests), message(GET, CLOSE))
    assert [reply.status for reply in replies] == [200, 404, 200, 200, 401] * 4 + [200]


@pytest.mark.parametrize("method", [b"NONSENSE", b"PROPFIND", b"get", b"GE(T"])
def test_a_request_runs_once_whatever_follows(desk: Desk, method: bytes) -> None:
    """RFC 9112, 9.3.2: an unknown method behind it is answered, or refused, by itself."""
    length = b"Content-Length: %d" % len(desk.content)
    request = desk.message(length, content=desk.content)
    first, *others = desk.send(request + message(method + b" /books HTTP/1.1", CLOSE))
    assert first.status == 201
    assert [reply.status for reply in others] == [405] or is_refusal(others)


def test_nothing_after_close_is_served(desk: Desk) -> None:
    """RFC 9112, 9.6: requests after one that says `close` are not processed."""
    length = b"Content-Length: %d" % len(desk.content)
    more = desk.message(length, content=desk.content)
    first, *others = desk.send(message(b"GET /books HTTP/1.1", CLOSE) + more)
    assert first.status == 200
    assert is_refusal(others)
    assert not desk.has_made()


TRAILERS = {
    "a token": (b"GET /users/me HTTP/1.1", b"Authorization: Bearer {}", 401),
    "a host": (b"GET /health/live HTTP/1.1", b"Host: other", 200),
    "a media type": (b"POST /auth/refresh HTTP/1.1", b"Content-Type: application/json", 415),
    "a request id": (b"GET /health/live HTTP/1.1", b"X-Request-Id: trailing", 200),
}


@pytest.mark.parametrize(("line", "field", "status"), TRAILERS.values(), ids=TRAILERS)
def test_trailers_are_no_headers(
    url: str, reader: Client, line: bytes, field: bytes, status: int
) -> None:
    """RFC 9110, 6.5.1: nobody authenticates, routes or frames by what comes after the body."""
    trailer = field.replace(b"{}", (reader.token or "").encode())
    sent = message(line, CLOSE, b"Transfer-Encoding: chunked", content=b"0\r\n%s\r\n\r\n" % trailer)
    (reply,) = exchange(url, sent)
    assert reply.status in {status, 400}
    assert reply["X-Request-Id"] != "trailing"


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c", b"TLS/1.0", b"nonsense"])
def test_an_offer_to_upgrade_is_not_taken(url: str, protocol: bytes) -> None:
    """RFC 9110, 7.8: a server may ignore it, and goes on in HTTP/1.1."""
    offer = (b"Upgrade: " + protocol, b"Connection: Upgrade, close")
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13"
    (reply,) = exchange(url, message(GET, *offer, *key))
    assert (reply.status, reply.content[:8]) == (200, b'{"status')
