"""HEAD, OPTIONS, ranges, expectations and conditions (RFC 9110), byte for byte."""

import pytest

from harness import contract, options
from harness.client import Client, succeeded
from harness.shop import Shop
from harness.wire import CLOSE, JSON, Reply, connected, exchange, message
from test_wire.desk import Desk

CHANGING = {"date", "x-request-id", "server-timing"}
"""Headers that differ between any two answers."""
FRAMING = {"content-length", "transfer-encoding", "connection"}
TRIES = 15 if options.chosen().elsewhere else 1
"""Several servers may take turns behind one address, each with a problem's words of its own."""

READS = ("/books", "/health/live", "/health/ready", "/openapi.yaml", "/nonsense", "/books?limit=0")


def ask(url: str, target: str, *fields: str, method: str = "GET") -> Reply:
    """The answer to a request without content."""
    line = f"{method} {target} HTTP/1.1".encode()
    sent = message(line, CLOSE, *(field.encode() for field in fields))
    (reply,) = exchange(url, sent, method=method)
    return reply


@pytest.mark.parametrize("path", [*READS, "/users/me"])
def test_head_says_what_get_says_and_nothing_more(url: str, path: str) -> None:
    """RFC 9110, 9.3.2: the same headers, and not a byte of content."""
    head = ask(url, path, method="HEAD")
    gets = [ask(url, path) for _ in range(TRIES)]
    lengths = [[str(len(get.content))] for get in gets]
    assert all(head.status == get.status and said(head) == said(get) for get in gets)
    assert head.all("content-length") in [[], *lengths]


def said(reply: Reply) -> dict[str, str]:
    """What an answer's headers say of its content."""
    return {name: value for name, value in reply.fields if name not in CHANGING | FRAMING}


def test_head_of_a_cover_says_its_length(url: str, shop: Shop) -> None:
    """RFC 9110, 9.3.2 and 8.6."""
    path = shop.cover(shop.book())
    get, head = (ask(url, path, method=method) for method in ("GET", "HEAD"))
    assert said(head) == said(get)
    assert head.all("content-length") in ([], [str(len(get.content))])


@pytest.mark.parametrize("path", ["/books", "/health/live", "/cart", "/users/me", "/auth/login"])
def test_options_has_no_content(url: str, path: str) -> None:
    """RFC 9110, 9.3.7 and 15.3.5: a 204, its methods, and neither content nor its length."""
    reply = ask(url, path, method="OPTIONS")
    assert reply.status == 204
    assert reply["Allow"] == ", ".join(sorted(contract.methods_by_path()[path]))
    assert reply.all("content-length") + reply.all("transfer-encoding") == []


@pytest.mark.parametrize(
    "ranges",
    ["bytes=0-3", "bytes=-1", "bytes=9999999-", "bytes=3-1", "pages=1", "bytes=" + "0-," * 999],
)
def test_a_range_may_be_ignored(url: str, shop: Shop, ranges: str) -> None:
    """RFC 9110, 14.2: the contract offers none, so that everybody gets the whole. CWE-400."""
    for path in ("/openapi.yaml", shop.cover(shop.book())):
        whole, part = ask(url, path), ask(url, path, f"Range: {ranges}")
        assert (part.status, part.content) == (200, whole.content)
        assert part.all("Content-Range") == []


def test_if_range_changes_nothing(url: str) -> None:
    """RFC 9110, 13.1.5."""
    tag = ask(url, "/openapi.yaml")["ETag"]
    reply = ask(url, "/openapi.yaml", f"If-Range: {tag}", "Range: bytes=0-3")
    assert reply.status == 200


def test_a_condition_may_come_on_several_lines(url: str) -> None:
    """RFC 9110, 5.3 and 13.1.2: several If-None-Match lines are one list."""
    tag = ask(url, "/openapi.yaml")["ETag"]
    for fields in (['"other"', tag], [tag, '"other"'], ['"a", "b"', f'"c", W/{tag}', '"d"']):
        lines = [f"If-None-Match: {each}" for each in fields]
        reply = ask(url, "/openapi.yaml", *lines)
        assert (reply.status, reply["ETag"], reply.content) == (304, tag, b"")
        assert reply.all("content-type") == []
    assert ask(url, "/openapi.yaml", 'If-None-Match: "a"', 'If-None-Match: "b"').status == 200


@pytest.mark.parametrize("name", ["if-none-match", "IF-NONE-MATCH"])
def test_a_condition_s_name_has_no_case(url: str, name: str) -> None:
    """RFC 9110, 5.1; HEAD is under the same conditions as GET (13.1.2)."""
    tag = ask(url, "/openapi.yaml")["ETag"]
    for method in ("GET", "HEAD"):
        assert ask(url, "/openapi.yaml", f"{name}:{tag}", method=method).status == 304


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        (["{}", '"other"'], 200),
        (['"other"', "{}"], 200),
        (['"a", "b"', '"c",{}'], 200),
        (['"other"', '"another"'], 412),
        (["W/{}", '"other"'], 412),
        (["*"], 200),
    ],
)
def test_a_guard_may_come_on_several_lines(
    desk: Desk, shop: Shop, conditions: list[str], status: int
) -> None:
    """RFC 9110, 5.3 and 13.1.1: several If-Match lines are one list, compared strongly."""
    path = f"/authors/{shop.author()['id']}"
    tag = shop.staff.etag(path)
    fields = [f"If-Match: {each.replace('{}', tag)}".encode() for each in conditions]
    length = b"Content-Length: %d" % len(desk.content)
    line = f"PATCH {path} HTTP/1.1".encode()
    sent = message(line, CLOSE, JSON, desk.token, length, *fields, content=desk.content)
    (reply,) = desk.send(sent)
    assert reply.status == status
    assert (shop.staff.etag(path) == tag) == (status == 412)


def test_dates_are_no_conditions(url: str, reader: Client) -> None:
    """RFC 9110, 13.1.3 and 13.1.4: where there are entity tags, dates are not looked at."""
    future = "Thu, 01 Jan 2099 00:00:00 GMT"
    fields = [f"Authorization: Bearer {reader.token}", f"If-Modified-Since: {future}"]
    assert (
        ask(url, "/users/me", *fields, "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT").status
        == 200
    )


def test_a_client_that_expects_is_told_to_go_on(desk: Desk) -> None:
    """RFC 9110, 10.1.1: a 100, or the final answer, before the content is sent."""
    length = b"Content-Length: %d" % len(desk.content)
    sent = desk.message(CLOSE, length, b"Expect: 100-continue", content=b"")
    with connected(desk.staff.base_url) as wire:
        wire.send(sent)
        interim = wire.interim()
        assert interim
        assert interim.status == 100
        wire.send(desk.content)
        reply = wire.reply()
    assert reply
    assert reply.status == 201


EXPECTING = {
    "too large": (b"POST /auth/refresh HTTP/1.1", 2 * 1024 * 1024, 413),
    "5 GB": (b"POST /auth/refresh HTTP/1.1", 5_000_000_000, 413),
    "2⁶³ bytes": (b"POST /auth/refresh HTTP/1.1", 2**63, 413),
    "nobody": (b"POST /authors HTTP/1.1", 2 * 1024 * 1024, 401),
    "nowhere": (b"POST /nonsense HTTP/1.1", 100, 404),
    "no method": (b"PUT /authors HTTP/1.1", 100, 405),
}


@pytest.mark.first_hop
@pytest.mark.parametrize(("line", "size", "status"), EXPECTING.values(), ids=EXPECTING)
def test_who_expects_is_refused_before_sending(
    url: str, line: bytes, size: int, status: int
) -> None:
    """RFC 9110, 10.1.1, OWASP API4:2023: nobody sends megabytes to learn that they are unwanted."""
    length = b"Content-Length: %d" % size
    with connected(url) as wire:
        wire.send(message(line, JSON, length, b"Expect: 100-continue"))
        reply = wire.interim()
    assert reply
    assert reply.status == status


def test_another_expectation_does_no_harm(desk: Desk) -> None:
    """RFC 9110, 10.1.1: a 417, or it is ignored."""
    length = b"Content-Length: %d" % len(desk.content)
    (reply,) = desk.send(desk.message(CLOSE, length, b"Expect: 200-ok", content=desk.content))
    assert reply.status in {201, 417}
    assert desk.has_made() == (reply.status == 201)


def test_an_answer_without_content_says_so(url: str, reader: Client, shop: Shop) -> None:
    """RFC 9112, 6.3: 204 and 304 have neither content nor a length, and the next answer follows."""
    tag = ask(url, "/openapi.yaml")["ETag"].encode()
    requests = [
        message(b"OPTIONS /books HTTP/1.1"),
        message(b"GET /openapi.yaml HTTP/1.1", b"If-None-Match: " + tag),
        message(b"GET /health/live HTTP/1.1", CLOSE),
    ]
    assert [reply.status for reply in exchange(url, *requests)] == [204, 304, 200]
    succeeded(reader.get(f"/books/{shop.book()['id']}"))
