"""Where a body ends (RFC 9112, 6 and 7): in one way for everybody, or the message is refused."""

from collections.abc import Callable

import pytest

from harness import formats
from harness.wire import CLOSE, LAST_CHUNK, chunk, is_refusal, message
from test_wire.desk import Desk

pytestmark = pytest.mark.first_hop

Shape = Callable[[bytes], tuple[list[bytes], bytes]]
"""The fields and the bytes that carry some content."""

CHUNKED = b"Transfer-Encoding: chunked"
LAST_REQUEST = message(b"GET /health/live HTTP/1.1", CLOSE)


def lengths(*values: bytes, name: bytes = b"Content-Length") -> Shape:
    """The content as it is, its length said in these words; `N` stands for the right one."""

    def shape(content: bytes) -> tuple[list[bytes], bytes]:
        right = b"%d" % len(content)
        return [name + b": " + value.replace(b"N", right) for value in values], content

    return shape


def coded(*codings: bytes, name: bytes = b"Transfer-Encoding") -> Shape:
    """The content in one chunk, under these codings."""
    fields = [name + b": " + coding for coding in codings]
    return lambda content: (fields, chunk(content) + LAST_CHUNK)


def sized(size: bytes, *, end: bytes = b"\r\n") -> Shape:
    """The content in one chunk whose size line is this; `N` stands for the right size."""

    def shape(content: bytes) -> tuple[list[bytes], bytes]:
        line = size.replace(b"N", b"%x" % len(content))
        return [CHUNKED], line + b"\r\n" + content + end + LAST_CHUNK

    return shape


def both(length: bytes) -> Shape:
    """One chunk, and a length besides."""

    def shape(content: bytes) -> tuple[list[bytes], bytes]:
        body = chunk(content) + LAST_CHUNK
        fields = [b"Content-Length: " + length.replace(b"N", b"%d" % len(body)), CHUNKED]
        return fields, body

    return shape


NO_LENGTH = {
    "negative": lengths(b"-1"),
    "with a plus": lengths(b"+N"),
    "hexadecimal": lengths(b"0x17"),
    "a word": lengths(b"nonsense"),
    "empty": lengths(b""),
    "a blank inside": lengths(b"2 3"),
    "an underscore": lengths(b"2_3"),
    "a fraction": lengths(b"N.0"),
    "an exponent": lengths(b"23e0"),
    "other digits": lengths("٢٣".encode()),
    "past 64 bits": lengths(b"18446744073709551639"),
    "forty digits": lengths(b"1" + b"0" * 40),
    "twice, different": lengths(b"N", b"3"),
    "twice, the other way": lengths(b"3", b"N"),
    "a list of two": lengths(b"N, 3"),
    "a blank before the colon": lengths(b"N", name=b"Content-Length "),
}


@pytest.mark.parametrize("shape", NO_LENGTH.values(), ids=NO_LENGTH)
def test_a_length_that_is_none_is_refused(desk: Desk, shape: Shape) -> None:
    """RFC 9112, 6.3: an invalid Content-Length is an unrecoverable error. CWE-444."""
    fields, body = shape(desk.content)
    assert is_refusal(desk.send(desk.message(CLOSE, *fields, content=body)))
    assert not desk.has_made()


NO_CODING = {
    "gzip": coded(b"gzip"),
    "identity": coded(b"identity"),
    "empty": coded(b""),
    "chunked is not the last": coded(b"chunked, gzip"),
    "a word that ends in it": coded(b"xchunked"),
    "a word that begins with it": coded(b"chunkedx"),
    "quoted": coded(b'"chunked"'),
    "a vertical tab": coded(b"\x0bchunked"),
    "a null byte": coded(b"chunked\0"),
    "with a parameter": coded(b"chunked;q=1, identity"),
    "a blank before the colon": coded(b"chunked", name=b"Transfer-Encoding "),
    "folded": coded(b"\r\n chunked"),
}


@pytest.mark.parametrize("shape", NO_CODING.values(), ids=NO_CODING)
def test_a_coding_that_is_none_is_refused(desk: Desk, shape: Shape) -> None:
    """RFC 9112, 6.1 and 6.3: where chunked is not the final coding, no length is known. CWE-444."""
    fields, body = shape(desk.content)
    assert is_refusal(desk.send(desk.message(CLOSE, *fields, content=body)))
    assert not desk.has_made()


NO_CHUNK = {
    "a prefix": sized(b"0xN"),
    "negative": sized(b"-N"),
    "with a plus": sized(b"+N"),
    "a word": sized(b"zz"),
    "empty": sized(b""),
    "a blank before it": sized(b" N"),
    "an underscore": sized(b"1_7"),
    "past 64 bits": sized(b"10000000000000017"),
    "too small": sized(b"16"),
    "a bare line feed in an extension": sized(b"N;\na=b"),
}


@pytest.mark.parametrize("shape", NO_CHUNK.values(), ids=NO_CHUNK)
def test_a_chunk_that_is_none_is_refused(desk: Desk, shape: Shape) -> None:
    """RFC 9112, 7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF. CWE-444."""
    fields, body = shape(desk.content)
    assert is_refusal(desk.send(desk.message(CLOSE, *fields, content=body)))
    assert not desk.has_made()


RIGHT = {
    "a length": lengths(b"N"),
    "leading zeros": lengths(b"0000N"),
    "blanks around a length": lengths(b" \t N \t "),
    "a chunk": coded(b"chunked"),
    "no case": coded(b"Chunked"),
    "leading zeros of a chunk": sized(b"000000N"),
    "upper-case digits": sized(b"17"),
    "an extension": sized(b'N;a=b;c="d;e"'),
}


@pytest.mark.parametrize("shape", RIGHT.values(), ids=RIGHT)
def test_a_body_is_read_however_it_is_framed(desk: Desk, shape: Shape) -> None:
    """RFC 9112, 6.2, 7.1 and 7.1.1."""
    fields, body = shape(desk.content)
    (reply,) = desk.send(desk.message(CLOSE, *fields, content=body))
    assert reply.status == 201
    assert reply.json()["name"] == desk.name


def test_a_body_may_come_in_many_chunks(desk: Desk) -> None:
    """RFC 9112, 7.1: chunks have nothing to do with what they carry."""
    chunks = b"".join(chunk(desk.content[place : place + 1]) for place in range(len(desk.content)))
    (reply,) = desk.send(desk.message(CLOSE, CHUNKED, content=chunks + LAST_CHUNK))
    assert reply.status == 201


MENDABLE = {
    "the same length twice": lengths(b"N", b"N"),
    "the same length in a list": lengths(b"N, N"),
    "a length and chunks": both(b"N"),
    "another length and chunks": both(b"3"),
    "chunked twice": coded(b"chunked", b"chunked"),
    "chunked twice in a list": coded(b"chunked, chunked"),
    "a blank after a chunk's size": sized(b"N "),
}


@pytest.mark.parametrize("shape", MENDABLE.values(), ids=MENDABLE)
def test_what_may_be_mended_is_read_in_one_way_or_refused(desk: Desk, shape: Shape) -> None:
    """RFC 9112, 6.3: with both, Transfer-Encoding counts; equal lengths are one. CWE-444."""
    fields, body = shape(desk.content)
    replies = desk.send(desk.message(CLOSE, *fields, content=body))
    assert is_refusal(replies) or [reply.status for reply in replies] == [201]
    assert desk.has_made() == (not is_refusal(replies))


def test_chunks_under_http_1_0_end_the_connection(desk: Desk) -> None:
    """RFC 9112, 6.1: under 1.0 the framing is faulty, whatever is kept alive. CWE-444."""
    content = chunk(desk.content) + LAST_CHUNK
    line = b"POST /authors HTTP/1.0"
    sent = desk.message(b"Connection: keep-alive", CHUNKED, content=content, line=line)
    assert len(desk.send(sent, LAST_REQUEST)) <= 1


def within(body: bytes, *fields: bytes) -> Callable[[bytes], tuple[list[bytes], bytes]]:
    """A body around a hidden request; `N` stands for the body's length, `S` for the request's."""

    def shape(hidden: bytes) -> tuple[list[bytes], bytes]:
        whole = body.replace(b"S", b"%x" % len(hidden)).replace(b"HIDDEN", hidden)
        return [each.replace(b"N", b"%d" % len(whole)) for each in fields], whole

    return shape


SMUGGLED = {
    "CL.TE": within(b"0\r\n\r\nHIDDEN", b"Content-Length: N", CHUNKED),
    "TE.CL": within(b"S\r\nHIDDEN\r\n0\r\n\r\n", CHUNKED, b"Content-Length: 4"),
    "TE.TE": within(b"S\r\nHIDDEN\r\n0\r\n\r\n", CHUNKED, b"Transfer-Encoding: x"),
    "CL.0": within(b"HIDDEN", b"Content-Length: N"),
    "CL.CL": within(b"HIDDEN", b"Content-Length: 0", b"Content-Length: N"),
    "an end that is none": within(b"2\r\n{}xx\r\n0\r\n\r\nHIDDEN", CHUNKED),
    "an extension": within(b"2;\nxx\r\nS\r\nHIDDEN\r\n0\r\n\r\n", CHUNKED),
    "trailers": within(b"2\r\n{}\r\n0\r\nX: HIDDEN", CHUNKED),
}


@pytest.mark.parametrize("shape", SMUGGLED.values(), ids=SMUGGLED)
def test_no_request_hides_in_the_body_of_another(desk: Desk, shape: Shape) -> None:
    """RFC 9112, 11.2: request smuggling. CWE-444."""
    length = b"Content-Length: %d" % len(desk.content)
    fields, body = shape(desk.message(length, content=desk.content))
    desk.send(message(b"POST /auth/logout HTTP/1.1", *fields, content=body), LAST_REQUEST)
    assert not desk.has_made()


UNREAD = {
    "an unknown path": b"POST /nonsense HTTP/1.1",
    "a wrong method": b"DELETE /authors HTTP/1.1",
    "no token": b"POST /books HTTP/1.1",
    "a GET": b"GET /health/live HTTP/1.1",
    "OPTIONS": b"OPTIONS /authors HTTP/1.1",
    "another media type": b"POST /auth/refresh HTTP/1.1",
}


@pytest.mark.parametrize("line", UNREAD.values(), ids=UNREAD)
def test_a_body_that_nobody_wants_is_no_request(desk: Desk, line: bytes) -> None:
    """RFC 9112, 9.3: a server reads the whole body of a message, or closes. CWE-444."""
    length = b"Content-Length: %d" % len(desk.content)
    hidden = desk.message(length, content=desk.content)
    sent = message(line, b"Content-Length: %d" % len(hidden), content=hidden)
    first, *others = desk.send(sent, LAST_REQUEST)
    assert first.status < 500
    assert [reply.status for reply in others] in ([], [200])
    assert not desk.has_made()


TRUNCATED = {
    "a length": lambda content: ([b"Content-Length: %d" % (len(content) + 1)], content),
    "a chunk": lambda content: ([CHUNKED], chunk(content)[:-1]),
    "the last chunk": lambda content: ([CHUNKED], b"%x\r\n%s" % (len(content) + 1, content)),
}


@pytest.mark.parametrize("shape", TRUNCATED.values(), ids=TRUNCATED)
def test_half_an_object_is_nothing(desk: Desk, shape: Shape) -> None:
    """RFC 9112, 8: an incomplete message is not acted upon."""
    fields, body = shape(desk.content[:-1])
    assert is_refusal(desk.send(desk.message(*fields, content=body), end=True))
    assert not desk.has_made()


def test_half_a_file_is_no_import(desk: Desk) -> None:
    """RFC 9112, 8: rows of a file that was cut off go in only if the whole file does."""
    header = b"isbn,title,authors,language,published_year,price_amount,stock\n"
    isbn = formats.isbn()
    content = header + b"%s,%s,A,,,1,0\n" % (isbn.encode(), desk.name.encode())
    sent = message(
        b"POST /books/import HTTP/1.1",
        desk.token,
        b"Content-Type: text/csv",
        b"Content-Length: %d" % (len(content) + 100),
        content=content,
    )
    assert is_refusal(desk.send(sent, end=True))
    assert desk.staff.walk("/books", q=desk.name) == []
