"""HEAD, OPTIONS, ranges, conditions and several requests on a connection, as bytes (RFC 9110)."""

import pytest

from harness import contract
from harness.client import Client
from harness.shop import Shop
from harness.wire import CLOSE, Reply, connected, exchange, message
from test_wire.author_request import LAST_REQUEST, AuthorRequest

DOCUMENT = "/openapi.yaml"
"""A resource with an entity tag, which any client can read."""


def ask(url: str, path: str, *fields: str, method: str = "GET") -> Reply:
    """Send a request without content, and return its response."""
    line = f"{method} {path} HTTP/1.1".encode()
    sent = message(line, CLOSE, *(field.encode() for field in fields))
    (reply,) = exchange(url, sent, method=method)
    return reply


@pytest.mark.parametrize("path", ["/books", DOCUMENT, "/nonsense", "/books?limit=0", "/users/me"])
def test_head_responds_as_get_without_content(url: str, path: str) -> None:
    """RFC 9110, 9.3.2: not one byte of content, so that the next response can be read."""
    get = ask(url, path)
    with connected(url) as wire:
        wire.send(message(f"HEAD {path} HTTP/1.1".encode()))
        head = wire.reply("HEAD")
        wire.send(LAST_REQUEST)
        following = wire.reply()
    assert head
    assert following
    assert (head.status, following.status) == (get.status, 200)
    for name in ("Content-Type", "ETag", "Cache-Control", "Link", "WWW-Authenticate"):
        assert head.all(name) == get.all(name)


@pytest.mark.parametrize("path", ["/books", "/health/live", "/cart", "/auth/login"])
def test_options_names_the_methods(url: str, path: str) -> None:
    """RFC 9110, 9.3.7: 200, or 204 without content and `Content-Type`."""
    with connected(url) as wire:
        wire.send(message(f"OPTIONS {path} HTTP/1.1".encode()))
        reply = wire.reply()
        wire.send(LAST_REQUEST)
        following = wire.reply()
    assert reply
    assert following
    assert (reply.status in {200, 204}, following.status) == (True, 200)
    assert set(reply["Allow"].split(", ")) == contract.methods_by_path()[path]
    assert reply.status == 200 or reply.all("Content-Type") == []


@pytest.mark.parametrize("ranges", ["bytes=0-3", "bytes=9999999-", "bytes=" + "0-," * 999])
def test_range_is_ignored(url: str, shop: Shop, ranges: str) -> None:
    """RFC 9110, 14.2: the contract documents no 206 and no 416. CWE-400: overlapping ranges."""
    for path in (DOCUMENT, shop.cover(shop.book())):
        whole, part = ask(url, path), ask(url, path, f"Range: {ranges}")
        assert (part.status, part.content) == (200, whole.content)


def test_several_if_none_match_lines_are_one_list(url: str) -> None:
    """RFC 9110, 5.3 and 13.1.2: tags are compared weakly, and 304 has no content."""
    tag = ask(url, DOCUMENT)["ETag"]
    for tags in (['"other"', tag], [tag, '"other"'], ['"a", "b"', f'"c", W/{tag}', '"d"']):
        reply = ask(url, DOCUMENT, *(f"If-None-Match: {each}" for each in tags))
        assert (reply.status, reply["ETag"], reply.content) == (304, tag, b"")
    assert ask(url, DOCUMENT, f"if-none-match:{tag}", method="HEAD").status == 304
    assert ask(url, DOCUMENT, 'If-None-Match: "a"', 'If-None-Match: "b"').status == 200


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        (["<tag>", '"other"'], 200),
        (['"a", "b"', '"c",<tag>'], 200),
        (["*"], 200),
        (['"other"', '"another"'], 412),
        (["W/<tag>", '"other"'], 412),
    ],
)
def test_several_if_match_lines_are_one_list(
    author: AuthorRequest, shop: Shop, conditions: list[str], status: int
) -> None:
    """RFC 9110, 5.3 and 13.1.1: tags are compared strongly."""
    path = f"/authors/{shop.author()['id']}"
    tag = shop.staff.etag(path)
    fields = [f"If-Match: {each.replace('<tag>', tag)}".encode() for each in conditions]
    line = f"PATCH {path} HTTP/1.1".encode()
    (reply,) = author.send(author.message(CLOSE, *fields, line=line))
    assert reply.status == status
    assert (shop.staff.etag(path) == tag) == (status == 412)


def test_dates_are_not_conditions(url: str, reader: Client) -> None:
    """RFC 9110, 13.1.3 and 13.1.4: the contract documents entity tags only."""
    dates = (
        "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT",
        "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
    )
    assert ask(url, "/users/me", f"Authorization: Bearer {reader.token}", *dates).status == 200


def test_requests_on_one_connection_are_answered_in_order(url: str, author: AuthorRequest) -> None:
    """RFC 9112, 9.3.2: a server may close the connection early, but not mix up responses."""
    tag = ask(url, DOCUMENT)["ETag"].encode()
    requests = {
        message(b"GET /nonsense HTTP/1.1"): {404},
        message(b"OPTIONS /books HTTP/1.1"): {200, 204},
        author.message(): {201},
        message(b"GET /openapi.yaml HTTP/1.1", b"If-None-Match: " + tag): {304},
        message(b"GET /users/me HTTP/1.1"): {401},
        LAST_REQUEST: {200},
    }
    statuses = [reply.status for reply in author.send(b"".join(requests))]
    assert statuses
    assert all(map(set.__contains__, requests.values(), statuses)), statuses
    assert author.was_executed() == (201 in statuses)


def test_client_that_expects_gets_a_response(author: AuthorRequest) -> None:
    """RFC 9110, 10.1.1: the client waits for 100 or a final status before it sends the body."""
    length = b"Content-Length: %d" % len(author.content)
    with connected(author.staff.base_url) as wire:
        wire.send(author.message(CLOSE, length, b"Expect: 100-continue", content=b""))
        first = wire.interim()
        wire.send(author.content)
        reply = wire.reply() if first and first.status == 100 else first
    assert reply
    assert reply.status in {201, 417}
    assert author.was_executed() == (reply.status == 201)
