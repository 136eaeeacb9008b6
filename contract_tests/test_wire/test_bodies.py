"""Bodies that are huge, slow or never end: the others are served meanwhile (OWASP API4:2023)."""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from harness.client import Client, patiently, refused, succeeded
from harness.shop import Shop
from harness.wire import CLOSE, JSON, REFUSALS, Wire, chunk, connected, exchange, message
from test_wire.desk import Desk

pytestmark = [pytest.mark.slow, pytest.mark.first_hop]
SLOW = 24
"""Clients at a time: more than a worker has threads."""

MIB = 1024 * 1024
CHUNKED = b"Transfer-Encoding: chunked"
CSV = b"Content-Type: text/csv"

BEGINNINGS = {
    "a request line": b"GET /health/li",
    "a head": b"GET /health/live HTTP/1.1\r\nHost: shop\r\nX-A: ",
    "a body": message(b"POST /auth/login HTTP/1.1", JSON, b"Content-Length: 100", content=b"{"),
    "a chunk": message(b"POST /auth/login HTTP/1.1", JSON, CHUNKED, content=b"40\r\n{"),
    "a huge chunk": message(
        b"POST /auth/login HTTP/1.1", JSON, CHUNKED, content=b"f" * 15 + b"\r\n{"
    ),
    "a body of nobody's": message(
        b"POST /books HTTP/1.1", JSON, b"Content-Length: 9", content=b"{"
    ),
    "a body to nowhere": message(b"POST /nonsense HTTP/1.1", b"Content-Length: 9", content=b"{"),
    "an expectation": message(
        b"POST /auth/login HTTP/1.1", JSON, b"Content-Length: 100", b"Expect: 100-continue"
    ),
}


@contextmanager
def dawdling(url: str, beginning: bytes) -> Iterator[list[Wire]]:
    """Many clients that have sent the beginning of a request."""
    with ExitStack() as ending:
        wires = [ending.enter_context(connected(url)) for _ in range(SLOW)]
        for wire in wires:
            wire.send(beginning)
        yield wires


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_slow_clients_do_not_stop_the_others(
    url: str, anyone: Client, reader: Client, beginning: bytes
) -> None:
    """CWE-400, CWE-770: Slowloris and R-U-Dead-Yet, at once and all from one address."""
    with dawdling(url, beginning):
        succeeded(anyone.get("/books"), 200)
        succeeded(reader.get("/users/me"), 200)
    answer = patiently(lambda: anyone.post("/auth/refresh", {"refresh_token": "rt_a"}))
    refused(answer, 401, "invalid-refresh-token")


def test_a_slow_import_stops_no_writer(desk: Desk, shop: Shop) -> None:
    """CWE-400: while a file is on its way nothing is locked, in the database neither."""
    book = shop.book()
    start = b"isbn,title,authors,language,published_year,price_amount,stock\n"
    sent = message(
        b"POST /books/import HTTP/1.1", desk.token, CSV, b"Content-Length: 5000", content=start
    )
    with connected(desk.staff.base_url) as wire:
        wire.send(sent)
        shop.stocked(book, 1)
    assert not desk.has_made()


@pytest.mark.parametrize("path", ["/openapi.yaml", "/books?limit=100"])
def test_clients_that_read_nothing_do_not_stop_the_others(
    url: str, anyone: Client, path: str
) -> None:
    """CWE-400: answers that nobody takes."""
    request = message(f"GET {path} HTTP/1.1".encode())
    with dawdling(url, request * 20):
        succeeded(anyone.get("/books"), 200)


def test_a_body_that_never_ends_is_cut_off(desk: Desk) -> None:
    """CWE-770: chunk after chunk; past its limit it is refused before it is there."""
    piece, sent = chunk(b" " * 65_536), 0
    with connected(desk.staff.base_url) as wire:
        wire.send(desk.message(CHUNKED, content=b""))
        while sent < 16 * MIB and wire.send(piece):
            sent += len(piece)
        reply = wire.reply()
    assert reply is None or reply.status == 413
    assert not desk.has_made()


@pytest.mark.parametrize("limit", [MIB, 8 * MIB])
def test_a_body_past_the_limit_is_a_413(desk: Desk, limit: int) -> None:
    """RFC 9110, 15.5.14: read or not, the answer comes, and nothing is done."""
    content = desk.content + b" " * limit
    length = b"Content-Length: %d" % len(content)
    for fields, body in (([length], content), ([CHUNKED], chunk(content) + b"0\r\n\r\n")):
        (reply,) = exchange(desk.staff.base_url, desk.message(CLOSE, *fields, content=body))
        assert reply.status == 413
    assert not desk.has_made()


def test_a_huge_extension_of_a_chunk_does_no_harm(desk: Desk) -> None:
    """CVE-2023-39326, CWE-770: what is in no body counts, too, or is at least forgotten."""
    size = b"%x;%s" % (len(desk.content), b"a" * MIB)
    content = chunk(desk.content, size) + b"0\r\n\r\n"
    replies = exchange(desk.staff.base_url, desk.message(CLOSE, CHUNKED, content=content))
    assert [reply.status for reply in replies if reply.status not in REFUSALS] in ([], [201])


def test_a_compressed_body_is_not_unpacked(desk: Desk) -> None:
    """RFC 9110, 8.4, CWE-409: nothing that was sent grows; codings of content are not spoken."""
    packed = gzip.compress(desk.content + b" " * (16 * MIB))
    for coding in (b"Content-Encoding: gzip", b"Transfer-Encoding: gzip, chunked"):
        is_chunked = b"chunked" in coding
        length = [] if is_chunked else [b"Content-Length: %d" % len(packed)]
        body = chunk(packed) + b"0\r\n\r\n" if is_chunked else packed
        replies = exchange(desk.staff.base_url, desk.message(CLOSE, coding, *length, content=body))
        assert {reply.status for reply in replies} <= {400, 415, 501}
    assert not desk.has_made()
