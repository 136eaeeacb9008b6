"""Request lines and fields (RFC 9112, 2 to 5): what is none is refused, and never half believed."""

import pytest

from harness.client import Client
from harness.wire import (
    CLOSE,
    JSON,
    REFUSALS,
    Reply,
    connected,
    exchange,
    is_refusal,
    message,
)

pytestmark = pytest.mark.first_hop

GET = b"GET /health/live HTTP/1.1"


def ask(url: str, *fields: bytes, line: bytes = GET, host: bytes | None = b"shop") -> list[Reply]:
    """The answers to a request that ends its connection."""
    return exchange(url, message(line, CLOSE, *fields, host=host))


def is_served(replies: list[Reply]) -> bool:
    """Whether the shop is alive, and says so once."""
    return [(reply.status, reply.content[:8]) for reply in replies] == [(200, b'{"status')]


NO_LINE = {
    "HTTP/0.9": b"GET /health/live",
    "no target": b"GET HTTP/1.1",
    "a tab": b"GET\t/health/live\tHTTP/1.1",
    "a blank in the target": b"GET /health/ live HTTP/1.1",
    "a blank before it": b" GET /health/live HTTP/1.1",
    "a relative target": b"GET health/live HTTP/1.1",
    "a method that is no token": b"GE(T /health/live HTTP/1.1",
    "a null byte in the method": b"GE\0T /health/live HTTP/1.1",
    "a null byte in the target": b"GET /health/\0live HTTP/1.1",
    "a control character": b"GET /health/\x01live HTTP/1.1",
    "a delete character": b"GET /health/\x7flive HTTP/1.1",
    "Latin-1": b"GET /books?q=\xe9 HTTP/1.1",
    "a bare carriage return": b"GET /health/live\rX: HTTP/1.1",
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
}


@pytest.mark.parametrize("line", NO_LINE.values(), ids=NO_LINE)
def test_a_line_that_is_none_is_refused(url: str, line: bytes) -> None:
    """RFC 9112, 3: invalid request lines are a 400; no attempt is made to mend them."""
    assert is_refusal(ask(url, line=line))


@pytest.mark.parametrize(
    "version", ["HTTP/2.0", "HTTP/3", "HTTP/1.2", "HTTP/11", "http/1.1", "HTTP/1.1 ", "HTTP/1,1"]
)
def test_another_version_is_refused(url: str, version: str) -> None:
    """RFC 9110, 2.5, RFC 9112, 2.3: a name in capitals and two digits; 1.0 and 1.1 are spoken."""
    assert is_refusal(ask(url, line=b"GET /health/live " + version.encode()))


def test_the_preface_of_http_2_is_refused(url: str) -> None:
    """RFC 9113, 3.4: the server speaks HTTP/1, and nothing that comes after is a request."""
    assert is_refusal(exchange(url, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))


@pytest.mark.parametrize("host", [b"shop", None])
def test_http_1_0_is_served(url: str, host: bytes | None) -> None:
    """RFC 9112, 2.3: without a Host, and the connection ends."""
    assert is_served(exchange(url, message(b"GET /health/live HTTP/1.0", host=host)))


NO_FIELD = {
    "a blank before the colon": b"X-A : b",
    "a tab before the colon": b"X-A\t: b",
    "no name": b": b",
    "no colon": b"nonsense",
    "a name that is no token": b"X(A): b",
    "a name in UTF-8": "X-é: b".encode(),
    "a null byte in a name": b"X-\0A: b",
    "a null byte in a value": b"X-A: b\0c",
    "a control character": b"X-A: b\x01c",
    "a delete character": b"X-A: b\x7fc",
    "a bare carriage return": b"X-A: b\rX-B: c",
    "folded": b"X-A: b\r\n c",
    "folded by a tab": b"X-A: b\r\n\tc",
}


@pytest.mark.parametrize("field", NO_FIELD.values(), ids=NO_FIELD)
def test_a_field_that_is_none_is_refused(url: str, field: bytes) -> None:
    """RFC 9112, 5.1 and 5.2, RFC 9110, 5.5: a 400, folding included. CWE-113, CWE-444."""
    assert is_refusal(ask(url, field))


def test_a_head_does_not_begin_with_a_blank(url: str) -> None:
    """RFC 9112, 2.2: whitespace between the request line and the first field is refused."""
    assert is_refusal(exchange(url, GET + b"\r\n X-A: b\r\nHost: shop\r\n\r\n"))


NO_HOST = {
    "none": (None, ()),
    "empty": (b"", ()),
    "two": (b"shop", (b"Host: other",)),
    "the same twice": (b"shop", (b"Host: shop",)),
    "a path": (b"shop/admin", ()),
    "a user": (b"user@shop", ()),
    "a blank": (b"shop other", ()),
    "a list": (b"shop, other", ()),
    "no port": (b"shop:eighty", ()),
}


@pytest.mark.parametrize(("host", "more"), NO_HOST.values(), ids=NO_HOST)
def test_a_request_names_its_host_once(
    url: str, host: bytes | None, more: tuple[bytes, ...]
) -> None:
    """RFC 9112, 3.2: a missing, repeated or invalid Host is a 400. CWE-444."""
    assert is_refusal(ask(url, *more, host=host))


@pytest.mark.parametrize(
    "host", ["shop.example:8080", "192.0.2.1", "[2001:db8::1]:80", "xn--4gbrim"]
)
def test_any_host_is_served(url: str, host: str) -> None:
    """RFC 9112, 3.2: whatever it is; no answer is made from it."""
    assert is_served(ask(url, host=host.encode()))


MENDABLE = {
    "bare line feeds": message(GET, CLOSE).replace(b"\r\n", b"\n"),
    "an empty line before it": b"\r\n" + message(GET, CLOSE),
    "two blanks": message(GET.replace(b"T /", b"T  /"), CLOSE),
    "obsolete text": message(GET, CLOSE, b"X-A: b\xff"),
    "UTF-8 in the target": message(GET + b"?", CLOSE).replace(b"live?", "live?é".encode()),
}


@pytest.mark.parametrize("sent", MENDABLE.values(), ids=MENDABLE)
def test_what_may_be_mended_is_read_in_one_way_or_refused(url: str, sent: bytes) -> None:
    """RFC 9112, 2.2 and 3; RFC 9110, 5.5."""
    replies = exchange(url, sent)
    if "é".encode() in sent:
        assert [reply.status for reply in replies] in ([], [400], [422])
    else:
        assert is_served(replies) or is_refusal(replies)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTHORIZATION", "Bearer {}"),
        ("authorization", "bearer {}"),
        ("aUtHoRiZaTiOn", "BEARER {}"),
        ("Authorization", "\t Bearer {} \t"),
    ],
)
def test_names_have_no_case_and_values_no_margins(
    url: str, reader: Client, name: str, value: str
) -> None:
    """RFC 9110, 5.1, 5.5 and 11.1."""
    field = f"{name}:{value.format(reader.token)}"
    (reply,) = ask(url, field.encode(), line=b"GET /users/me HTTP/1.1")
    assert reply.status == 200


@pytest.mark.parametrize("method", ["get", "Get", "gET"])
def test_a_method_has_a_case(url: str, method: str) -> None:
    """RFC 9110, 9.1: `get` is a method of no operation."""
    (reply,) = ask(url, line=b"%s /health/live HTTP/1.1" % method.encode())
    assert reply.status == 405
    assert reply["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("length", [1, 32, 100, 1000])
def test_a_method_of_any_length_is_refused(url: str, length: int) -> None:
    """RFC 9110, 9.1."""
    (reply,) = ask(url, line=b"%s /health/live HTTP/1.1" % (b"A" * length))
    assert reply.status in REFUSALS | {405}


FITTING = {
    "a target of 8,000 bytes": (b"GET /books?q=%s HTTP/1.1" % (b"a" * 8000), (), 422),
    "a field of 16,000 bytes": (GET, (b"X-A: " + b"a" * 16_000,), 200),
    "64 fields": (GET, tuple(b"X-%d: a" % number for number in range(62)), 200),
}


@pytest.mark.parametrize(("line", "fields", "status"), FITTING.values(), ids=FITTING)
def test_a_head_of_usual_size_is_read(
    url: str, line: bytes, fields: tuple[bytes, ...], status: int
) -> None:
    """RFC 9112, 3: at least 8000 bytes of a request line; spec/runtime.md for the rest."""
    (reply,) = ask(url, *fields, line=line)
    assert reply.status == status


MIB = 1024 * 1024
HUGE = {
    "a target": (b"GET /%s HTTP/1.1" % (b"a" * MIB), ()),
    "a query": (b"GET /books?q=%s HTTP/1.1" % (b"a" * MIB), ()),
    "a method": (b"%s /books HTTP/1.1" % (b"A" * MIB), ()),
    "a value": (GET, (b"X-A: " + b"a" * MIB,)),
    "a name": (GET, (b"X" * MIB + b": a",)),
    "a token": (GET, (b"Authorization: Bearer " + b"a" * MIB,)),
    "a cookie": (GET, (b"Cookie: " + b"a=b; " * (MIB // 5),)),
    "20,000 fields": (GET, tuple(b"X-%d: a" % number for number in range(20_000))),
    "20,000 of the same": (GET, (b"Accept: a/b",) * 20_000),
}


@pytest.mark.parametrize(("line", "fields"), HUGE.values(), ids=HUGE)
def test_a_huge_head_is_refused(url: str, line: bytes, fields: tuple[bytes, ...]) -> None:
    """RFC 9110, 15.5.15, RFC 6585, 5. OWASP API4:2023, CWE-770."""
    assert is_refusal(ask(url, *fields, line=line))


def test_a_head_that_never_ends_is_refused(url: str) -> None:
    """OWASP API4:2023, CWE-770: what a client may make the server remember has a bound."""
    with connected(url) as wire:
        wire.send(GET + b"\r\nHost: shop\r\nX-A: ")
        sent = 0
        while wire.send(b"a" * 65_536) and sent < 64 * MIB:
            sent += 65_536
        assert sent < 64 * MIB
        reply = wire.reply()
    assert reply is None or reply.status in REFUSALS


@pytest.mark.parametrize("good_first", [True, False])
def test_two_tokens_are_none(url: str, reader: Client, *, good_first: bool) -> None:
    """RFC 9110, 5.3: Authorization is no list, so that no proxy believes the other one."""
    tokens = [f"Authorization: Bearer {token}".encode() for token in (reader.token, "nonsense")]
    fields = tokens if good_first else tokens[::-1]
    (reply,) = ask(url, *fields, line=b"GET /users/me HTTP/1.1")
    assert reply.status in {400, 401}


def test_one_object_under_two_media_types_is_read_in_one_way_or_refused(url: str) -> None:
    """RFC 9110, 5.3 and 8.3: of several, at most one is believed."""
    content = b'{"refresh_token":"rt_a"}'
    fields = (JSON, b"Content-Type: text/plain", b"Content-Length: %d" % len(content))
    (reply,) = exchange(
        url, message(b"POST /auth/refresh HTTP/1.1", CLOSE, *fields, content=content)
    )
    assert reply.status in {400, 401, 415}
