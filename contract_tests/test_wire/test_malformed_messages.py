"""Malformed messages do no harm, whatever the server answers (spec/runtime.md)."""

import pytest

from harness import formats
from harness.client import Client
from harness.wire import CLOSE, JSON, Wire, chunk, connected, is_failure, message
from test_wire.author_request import LINE, AuthorRequest
from test_wire.messages import BODIES, CHUNKED, HEADS, MIB, Build

pytestmark = pytest.mark.first_hop


@pytest.mark.parametrize("build", [*HEADS.values(), *BODIES.values()], ids=[*HEADS, *BODIES])
def test_malformed_message_does_no_harm(author: AuthorRequest, build: Build) -> None:
    """The server refuses the message, or executes it once and says so; nothing else happens.

    It does not fail, it does not wait without end, it executes no request that is hidden in the
    message, and it serves the next client (`next_client_is_served`).
    """
    replies = author.send(build(author))
    statuses = [reply.status for reply in replies]
    assert not any(map(is_failure, replies)), statuses
    assert 409 not in statuses, "executed twice: the second time, the name was taken"
    assert author.was_executed() == (201 in statuses), statuses
    assert not author.hidden_was_executed(), statuses


INCOMPLETE: dict[str, Build] = {
    "a request line": lambda author: author.message()[: len(LINE) - 5],
    "a head": lambda author: author.message(CLOSE).partition(b"\r\n\r\n")[0],
    "a body with a length": lambda author: author.message(CLOSE)[:-1],
    "a complete object in a longer body": lambda author: author.message(
        CLOSE, b"Content-Length: %d" % (len(author.content) + 1), content=author.content
    ),
    "a chunk": lambda author: author.message(
        CHUNKED, content=b"%x\r\n%s" % (len(author.content), author.content[:-1])
    ),
    "no last chunk": lambda author: author.message(CHUNKED, content=chunk(author.content[:-1])),
}


@pytest.mark.parametrize("build", INCOMPLETE.values(), ids=INCOMPLETE)
def test_incomplete_request_is_not_executed(author: AuthorRequest, build: Build) -> None:
    """RFC 9112, 8: the client disconnects before the end of its message."""
    replies = author.send(build(author), end=True)
    assert not any(map(is_failure, replies))
    assert not author.was_executed()


def test_incomplete_file_is_not_imported(author: AuthorRequest) -> None:
    """RFC 9112, 8: the rows of a file are imported only if the whole file arrives."""
    header = b"isbn,title,authors,language,published_year,price_amount,stock\n"
    content = header + b"%s,%s,A,,,1,0\n" % (formats.isbn().encode(), author.name.encode())
    length = b"Content-Length: %d" % (len(content) + 100)
    fields = (author.token, b"Content-Type: text/csv", length)
    sent = message(b"POST /books/import HTTP/1.1", *fields, content=content)
    assert not any(map(is_failure, author.send(sent, end=True)))
    assert author.staff.walk("/books", q=author.name) == []


def test_trailer_does_not_authenticate(author: AuthorRequest) -> None:
    """RFC 9110, 6.5.1: a field after the body must not be used as a header."""
    chunks = b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(author.content), author.content, author.token)
    replies = author.send(message(LINE, CLOSE, JSON, CHUNKED, content=chunks))
    assert [reply.status for reply in replies] in ([401], [400], [])
    assert not author.was_executed()


@pytest.mark.parametrize("authority", ["shop:80", "127.0.0.1:22", "/books"])
def test_connect_opens_no_tunnel(author: AuthorRequest, authority: str) -> None:
    """OWASP API7:2023, CWE-441: a success would make the connection a tunnel (RFC 9110, 9.3.6)."""
    replies = author.send(message(b"CONNECT %s HTTP/1.1" % authority.encode(), CLOSE))
    assert all(400 <= reply.status < 500 or reply.status == 501 for reply in replies)


@pytest.mark.parametrize(
    "text", ["%0d%0aX-Injected:%20yes", "%0aSet-Cookie:%20a=b", "%E5%98%8A%E5%98%8DX:%20y"]
)
def test_target_cannot_add_a_header(author: AuthorRequest, reader: Client, text: str) -> None:
    """CWE-113: response splitting by a path, a query, a cursor or a request id."""
    token = f"Authorization: Bearer {reader.token}".encode()
    targets = (f"/{text}", f"/books?q={text}", f"/orders?cursor={text}", f"/books/{text}")
    for target in targets:
        line = f"GET {target} HTTP/1.1".encode()
        replies = author.send(message(line, CLOSE, token, f"X-Request-Id: {text}".encode()))
        assert not any(map(is_failure, replies))
        names = {name for reply in replies for name, _ in reply.fields}
        assert not names & {"x-injected", "set-cookie", "x"}


def test_endless_head_is_refused(url: str) -> None:
    """OWASP API4:2023, CWE-770: a client cannot make the server store any amount of bytes."""
    with connected(url) as wire:
        wire.send(b"GET /health/live HTTP/1.1\r\nHost: shop\r\nX-A: ")
        assert _send_until_refused(wire, b"a" * 65_536) < 64 * MIB
        reply = wire.reply()
    assert reply is None or not is_failure(reply)


def _send_until_refused(wire: Wire, piece: bytes) -> int:
    """Send a piece again and again, up to 64 MiB, and return the number of bytes sent."""
    sent = 0
    while sent < 64 * MIB and wire.send(piece):
        sent += len(piece)
    return sent
