"""Messages that are not valid HTTP (RFC 9112), or that servers may read in different ways.

Each entry builds the bytes of a message from an `AuthorRequest`. HEADS change the request line or a
header of a request that creates an author. BODIES hide a second request where a server that reads
the length of the body differently would find it (request smuggling, CWE-444).
"""

from collections.abc import Callable

from harness.wire import CLOSE, message
from test_wire.author_request import LAST_REQUEST, AuthorRequest

Build = Callable[[AuthorRequest], bytes]

MIB = 1024 * 1024

REQUEST_LINES = {
    "HTTP/0.9": b"POST /authors",
    "HTTP/1.2": b"POST /authors HTTP/1.2",
    "HTTP/2.0": b"POST /authors HTTP/2.0",
    "a version in lower case": b"POST /authors http/1.1",
    "the preface of HTTP/2": b"PRI * HTTP/2.0",
    "a TLS handshake": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    "no target": b"POST HTTP/1.1",
    "tabs": b"POST\t/authors\tHTTP/1.1",
    "two blanks": b"POST  /authors HTTP/1.1",
    "a blank after the version": b"POST /authors HTTP/1.1 ",
    "a blank in the target": b"POST /aut hors HTTP/1.1",
    "an empty line before it": b"\r\nPOST /authors HTTP/1.1",
    "a bare carriage return": b"POST /authors\rX: HTTP/1.1",
    "a null byte in the target": b"POST /authors\0 HTTP/1.1",
    "a control character in the target": b"POST /authors\x01 HTTP/1.1",
    "Latin-1 in the target": b"POST /authors?\xe9 HTTP/1.1",
    "UTF-8 in the target": "POST /authors?é HTTP/1.1".encode(),
    "a method in lower case": b"post /authors HTTP/1.1",
    "a method that is not a token": b"PO(ST /authors HTTP/1.1",
    "an unknown method": b"NONSENSE /authors HTTP/1.1",
    "CONNECT to a host": b"CONNECT shop:80 HTTP/1.1",
    "CONNECT to a path": b"CONNECT /authors HTTP/1.1",
    "a target of 1 MiB": b"POST /authors?%s HTTP/1.1" % (b"a" * MIB),
    "a method of 1 MiB": b"%s /authors HTTP/1.1" % (b"A" * MIB),
}

TARGETS = {
    "an asterisk": "*",
    "a relative path": "authors",
    "two slashes first": "//authors",
    "two dot segments": "/books/../authors",
    "encoded dot segments": "/books/%2e%2e/authors",
    "an encoded slash": "/books%2Fexport",
    "an encoded backslash": "/%5Cauthors",
    "a path parameter": "/authors;a=b",
    "an encoded letter": "/%61uthors",
    "an encoded null byte": "/authors%00",
    "an encoded line feed": "/authors%0A",
    "encoded twice": "/%2561uthors",
    "overlong UTF-8": "/%c1%a1uthors",
    "not UTF-8": "/authors%FF",
    "a lone percent sign": "/%",
    "not hexadecimal": "/authors%zz",
    "a URL": "http://shop/authors",
    "a URL of another host": "http://other:81/authors",
    "a URL without a path": "http://shop",
    "a fragment": "/authors#fragment",
    "a query that is not hexadecimal": "/authors?%zz&%",
    "a query with a null byte": "/authors?%00=%00",
}

HOSTS: dict[str, tuple[bytes | None, tuple[bytes, ...]]] = {
    "missing": (None, ()),
    "empty": (b"", ()),
    "two": (b"shop", (b"Host: other",)),
    "a list": (b"shop, other", ()),
    "a path": (b"shop/admin", ()),
    "a port that is not a number": (b"shop:eighty", ()),
}

FIELDS = {
    "a blank before the colon": b"X-A : b",
    "no colon": b"nonsense",
    "a name in UTF-8": "X-é: b".encode(),
    "a value in Latin-1": b"X-A: b\xff",
    "a null byte in a name": b"X-\0A: b",
    "a null byte in a value": b"X-A: b\0c",
    "a control character in a value": b"X-A: b\x01c",
    "a bare carriage return": b"X-A: b\rX-B: c",
    "a bare line feed": b"X-A: b\nX-B: c",
    "a folded line": b"X-A: b\r\n c",
    "two media types": b"Content-Type: text/plain",
    "two tokens": b"Authorization: Bearer nonsense",
    "an expectation": b"Expect: 100-continue",
    "an unknown expectation": b"Expect: 200-ok",
    "an offer of WebSocket": b"Upgrade: websocket\r\nConnection: Upgrade, close\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
    "a value of 1 MiB": b"X-A: " + b"a" * MIB,
    "a name of 1 MiB": b"X" * MIB + b": a",
    "20,000 fields": b"\r\n".join(b"X-%d: a" % number for number in range(20_000)),
}

LINE_ENDS: dict[str, tuple[bytes, bytes]] = {
    "line feeds alone": (b"\r\n", b"\n"),
    "carriage returns alone": (b"\r\n", b"\r"),
    "a blank before the first field": (b"\r\nHost", b"\r\n Host"),
}


def _heads() -> dict[str, Build]:
    lines = REQUEST_LINES | {
        f"target: {name}": b"POST %s HTTP/1.1" % target.encode() for name, target in TARGETS.items()
    }
    return {
        **{name: _with_line(line) for name, line in lines.items()},
        **{f"host: {name}": _with_host(*each) for name, each in HOSTS.items()},
        **{f"field: {name}": _with_field(field) for name, field in FIELDS.items()},
        **{f"line ends: {name}": _replacing(*each) for name, each in LINE_ENDS.items()},
    }


def _with_line(line: bytes) -> Build:
    return lambda author: author.message(CLOSE, line=line)


def _with_host(host: bytes | None, fields: tuple[bytes, ...]) -> Build:
    return lambda author: author.message(CLOSE, *fields, host=host)


def _with_field(field: bytes) -> Build:
    return lambda author: author.message(CLOSE, field)


def _replacing(old: bytes, new: bytes) -> Build:
    return lambda author: author.message(CLOSE).replace(old, new)


CHUNKED = b"Transfer-Encoding: chunked"
WHOLE = b"Content-Length: <length>"
FIRST = b"Content-Length: <first>"

LENGTHS = {
    "negative": (b"Content-Length: -<length>",),
    "with a plus sign": (b"Content-Length: +<length>",),
    "hexadecimal": (b"Content-Length: 0x<size>",),
    "empty": (b"Content-Length:",),
    "an underscore": (b"Content-Length: 0_<length>",),
    "a fraction": (b"Content-Length: <length>.0",),
    "past 64 bits": (b"Content-Length: 18446744073709551616",),
    "repeated": (WHOLE, WHOLE),
    "repeated in a list": (b"Content-Length: <length>, <length>",),
    "two": (WHOLE, b"Content-Length: 0"),
    "two, the other way round": (b"Content-Length: 0", WHOLE),
    "a list of two": (b"Content-Length: 0, <length>",),
    "a blank before the colon": (b"Content-Length : <length>",),
    "on a folded line": (b"Content-Length:\r\n <length>",),
    "after a bare line feed": (b"X-A: b\nContent-Length: <length>",),
}
"""Headers that declare the length of a body, which is the hidden request."""

CODINGS = {
    "chunked": (CHUNKED,),
    "chunked twice": (CHUNKED, CHUNKED),
    "chunked, then another": (CHUNKED, b"Transfer-Encoding: x"),
    "another, then chunked": (b"Transfer-Encoding: x", CHUNKED),
    "gzip and chunked": (b"Transfer-Encoding: gzip, chunked",),
    "chunked is not the last": (b"Transfer-Encoding: chunked, gzip",),
    "identity": (b"Transfer-Encoding: identity",),
    "empty": (b"Transfer-Encoding:",),
    "ends like chunked": (b"Transfer-Encoding: xchunked",),
    "quoted": (b'Transfer-Encoding: "chunked"',),
    "a null byte": (b"Transfer-Encoding: chunked\0",),
    "a blank before the colon": (b"Transfer-Encoding : chunked",),
    "on a folded line": (b"Transfer-Encoding:\r\n chunked",),
    "after a bare line feed": (b"X-A: b\nTransfer-Encoding: chunked",),
}
"""Headers of a body that also has a `Content-Length`."""

CHUNKS = {
    "a size with a prefix": b"0x<size>\r\n\r\n<hidden>\r\n0\r\n\r\n",
    "a negative size": b"-<size>\r\n\r\n<hidden>\r\n0\r\n\r\n",
    "a size with a plus sign": b"+<size>\r\n\r\n<hidden>\r\n0\r\n\r\n",
    "a size with an underscore": b"0_<size>\r\n\r\n<hidden>\r\n0\r\n\r\n",
    "a size past 64 bits": b"10000000000000000\r\n\r\n<hidden>\r\n0\r\n\r\n",
    "more data than its size": b"2\r\n{}xx\r\n0\r\n\r\n<hidden>",
    "a line feed in an extension": b"2;\nxx\r\n<size>\r\n<hidden>\r\n0\r\n\r\n",
    "an extension of 1 MiB": b"2;%s\r\n{}\r\n<size>\r\n<hidden>\r\n0\r\n\r\n" % (b"a" * MIB),
    "trailers": b"2\r\n{}\r\n0\r\nX: <hidden>",
}
"""Bodies in chunks around the hidden request."""

NO_TOKEN = b"POST /books HTTP/1.1"
UNREAD = {
    "an unknown path": b"POST /nonsense HTTP/1.1",
    "a wrong method": b"DELETE /authors HTTP/1.1",
    "no token": NO_TOKEN,
    "GET": b"GET /health/live HTTP/1.1",
    "OPTIONS": b"OPTIONS /authors HTTP/1.1",
    "another media type": b"POST /auth/refresh HTTP/1.1",
}
"""Requests whose body the application does not read."""


def _bodies() -> dict[str, Build]:
    by_chunks, by_length = b"0\r\n\r\n<hidden>", b"<size>\r\n<hidden>\r\n0\r\n\r\n"
    return {
        **{f"length: {name}": _hiding(b"<hidden>", *each) for name, each in LENGTHS.items()},
        **{f"CL.TE: {name}": _hiding(by_chunks, WHOLE, *each) for name, each in CODINGS.items()},
        **{f"TE.CL: {name}": _hiding(by_length, *each, FIRST) for name, each in CODINGS.items()},
        **{f"chunk: {name}": _hiding(each, CHUNKED) for name, each in CHUNKS.items()},
        **{
            f"unread: {name}": _hiding(b"<hidden>", WHOLE, line=each)
            for name, each in UNREAD.items()
        },
        "chunks under HTTP/1.0": _hiding(
            by_chunks, CHUNKED, WHOLE, b"Connection: keep-alive", line=b"POST /books HTTP/1.0"
        ),
        "an offer to upgrade": _hiding(b"<hidden>", WHOLE, b"Upgrade: h2c", b"Connection: Upgrade"),
        "after a line that is not a request": lambda author: b"nonsense\r\n\r\n" + author.hidden,
        "after `Connection: close`": lambda author: LAST_REQUEST + author.hidden,
    }


def _hiding(body: bytes, *fields: bytes, line: bytes = NO_TOKEN) -> Build:
    """Build a request with the hidden one in its body, and a last request after it.

    The placeholders are the `<hidden>` request, its `<size>` in hexadecimal, and the `<length>` of
    the whole body and of its `<first>` line, which is the size of a chunk.
    """

    def build(author: AuthorRequest) -> bytes:
        size = b"%x" % len(author.hidden)
        content = body.replace(b"<size>", size).replace(b"<hidden>", author.hidden)
        head = b"\r\n".join(fields).replace(b"<size>", size)
        head = head.replace(b"<length>", b"%d" % len(content))
        head = head.replace(b"<first>", b"%d" % len(size + b"\r\n"))
        return message(line, head, content=content) + LAST_REQUEST

    return build


HEADS = _heads()
BODIES = _bodies()
