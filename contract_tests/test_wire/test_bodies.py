"""Bodies of every framing and size, and slow clients, which must not stop the others."""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from harness.client import Client, patiently, refused, succeeded
from harness.shop import Shop
from harness.wire import CLOSE, JSON, LAST_CHUNK, Wire, chunk, connected, message
from test_wire.author_request import AuthorRequest
from test_wire.messages import CHUNKED, MIB

pytestmark = pytest.mark.first_hop

SLOW_CLIENTS = 24
"""More connections at a time than a worker has threads."""


def framed(content: bytes) -> dict[str, tuple[list[bytes], bytes]]:
    """Return the headers and the bytes of a body in each valid framing (RFC 9112, 6 and 7)."""
    pieces = [content[place : place + 1] for place in range(len(content))]
    length = b"%d" % len(content)
    return {
        "a length": ([b"Content-Length: " + length], content),
        "a length with leading zeros": ([b"Content-Length: 000" + length], content),
        "blanks around a length": ([b"Content-Length: \t %s \t " % length], content),
        "a chunk": ([CHUNKED], chunk(content) + LAST_CHUNK),
        "a chunk for each byte": ([CHUNKED], b"".join(map(chunk, pieces)) + LAST_CHUNK),
        "an extension": ([CHUNKED], chunk(content, b'%x;a=b;c="d;e"' % len(content)) + LAST_CHUNK),
        "another case": ([b"TRANSFER-ENCODING: Chunked"], chunk(content) + LAST_CHUNK),
    }


@pytest.mark.parametrize("framing", framed(b""))
def test_body_is_read_in_every_valid_framing(author: AuthorRequest, framing: str) -> None:
    fields, body = framed(author.content)[framing]
    (reply,) = author.send(author.message(CLOSE, *fields, content=body))
    assert (reply.status, reply.json()["name"]) == (201, author.name)


@pytest.mark.parametrize("limit", [MIB, 8 * MIB])
def test_body_over_the_limit_is_refused(author: AuthorRequest, limit: int) -> None:
    """RFC 9110, 15.5.14: 413. It may be 400 if the size is not declared."""
    content = author.content + b" " * limit
    (declared,) = author.send(
        author.message(CLOSE, b"Content-Length: %d" % len(content), content=content)
    )
    assert declared.status == 413
    (chunked,) = author.send(author.message(CLOSE, CHUNKED, content=chunk(content) + LAST_CHUNK))
    assert chunked.status in {400, 413}
    assert not author.was_executed()


def test_endless_body_is_refused(author: AuthorRequest) -> None:
    """CWE-770: the server refuses a body of unknown length once it is over the limit."""
    piece, sent = chunk(b" " * 65_536), 0
    with connected(author.staff.base_url) as wire:
        wire.send(author.message(CHUNKED, content=b""))
        while sent < 16 * MIB and wire.send(piece):
            sent += len(piece)
        reply = wire.reply()
    assert reply is None or reply.status in {400, 413}
    assert not author.was_executed()


def test_compressed_body_is_not_decompressed(author: AuthorRequest) -> None:
    """CWE-409: a few kilobytes could become gigabytes. 415 is the status of RFC 9110, 8.4."""
    packed = gzip.compress(author.content + b" " * (16 * MIB))
    length = b"Content-Length: %d" % len(packed)
    sent = author.message(CLOSE, b"Content-Encoding: gzip", length, content=packed)
    assert [reply.status for reply in author.send(sent)] in ([415], [400])
    assert not author.was_executed()


LOGIN = b"POST /auth/login HTTP/1.1"
HUNDRED = b"Content-Length: 100"
BEGINNINGS = {
    "a request line": b"GET /health/li",
    "a head": b"GET /health/live HTTP/1.1\r\nHost: shop\r\nX-A: ",
    "a body": message(LOGIN, JSON, HUNDRED, content=b"{"),
    "a chunk": message(LOGIN, JSON, CHUNKED, content=b"40\r\n{"),
    "a body without a token": message(b"POST /books HTTP/1.1", JSON, HUNDRED, content=b"{"),
    "a body for an unknown path": message(b"POST /nonsense HTTP/1.1", HUNDRED, content=b"{"),
    "an expectation": message(LOGIN, JSON, HUNDRED, b"Expect: 100-continue"),
}


@contextmanager
def slow_clients(url: str, beginning: bytes) -> Iterator[list[Wire]]:
    """Open many connections, and send the beginning of a request on each."""
    with ExitStack() as connections:
        wires = [connections.enter_context(connected(url)) for _ in range(SLOW_CLIENTS)]
        for wire in wires:
            wire.send(beginning)
        yield wires


@pytest.mark.slow
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_slow_clients_do_not_stop_the_others(
    url: str, anyone: Client, reader: Client, beginning: bytes
) -> None:
    """CWE-400: the attacks Slowloris and R-U-Dead-Yet, from one address."""
    with slow_clients(url, beginning):
        succeeded(anyone.get("/books"), 200)
        succeeded(reader.get("/users/me"), 200)
    answer = patiently(lambda: anyone.post("/auth/refresh", {"refresh_token": "rt_a"}))
    refused(answer, 401, "invalid-refresh-token")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/openapi.yaml", "/books?limit=100"])
def test_clients_that_read_no_response_do_not_stop_the_others(
    url: str, anyone: Client, path: str
) -> None:
    """CWE-400: the server cannot send the responses of these clients."""
    request = message(f"GET {path} HTTP/1.1".encode())
    with slow_clients(url, request * 20):
        succeeded(anyone.get("/books"), 200)


@pytest.mark.slow
def test_slow_import_does_not_stop_writers(author: AuthorRequest, shop: Shop) -> None:
    """CWE-400: the server does not hold a lock of the database while it receives a file."""
    book = shop.book()
    start = b"isbn,title,authors,language,published_year,price_amount,stock\n"
    fields = (author.token, b"Content-Type: text/csv", b"Content-Length: 5000")
    with connected(author.staff.base_url) as wire:
        wire.send(message(b"POST /books/import HTTP/1.1", *fields, content=start))
        shop.stocked(book, 1)
    assert not author.was_executed()
