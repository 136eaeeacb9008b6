"""Targets (RFC 3986, RFC 9110, 7.1, RFC 9112, 3.2): paths are exact, and decoded once."""

import pytest

from harness.client import Client
from harness.wire import CLOSE, Reply, exchange, is_refusal, message

pytestmark = pytest.mark.first_hop

BOOK = b"8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"


def ask(url: str, target: str | bytes, method: bytes = b"GET", *fields: bytes) -> list[Reply]:
    """The answers to a request for this very target."""
    raw = target.encode() if isinstance(target, str) else target
    return exchange(url, message(b"%s %s HTTP/1.1" % (method, raw), CLOSE, *fields))


ELSEWHERE = {
    "dot segments": "/books/../health/live",
    "a dot segment": "/./health/live",
    "encoded dot segments": "/books/%2e%2e/health/live",
    "half encoded": "/books/.%2e/health/live",
    "a dot segment at the end": "/health/live/.",
    "two slashes first": "//health/live",
    "three slashes first": "///health/live",
    "two slashes inside": "/health//live",
    "a slash at the end": "/health/live/",
    "a backslash": "/health\\live",
    "an encoded backslash": "/health%5Clive",
    "a parameter": "/health/live;a=b",
    "other case": "/Health/live",
    "a suffix": "/health/live.json",
    "an encoded null byte": "/health/live%00",
    "an encoded line end": "/health/live%0d%0aX-Injected:%20yes",
    "an encoded blank": "/health/live%20",
    "an encoded question mark": "/health/live%3F",
    "encoded twice": "/health/%256cive",
    "overlong UTF-8": "/health/%c1%acive",
    "overlong dots": "/books/%c0%ae%c0%ae/health/live",
    "no UTF-8": "/health/%FF",
    "a lone percent": "/%",
    "no hexadecimal": "/health/%zz",
    "half an escape": "/health/live%6",
    "full width": "/%EF%BD%88ealth/live",
    "a UTF-16 escape": "/health/%u006cive",
}


@pytest.mark.parametrize("asked", ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_other_path_leads_there(url: str, asked: str) -> None:
    """RFC 3986, 6.2.2: nothing but an escaped unreserved character is the same. CWE-22, CWE-180."""
    (reply,) = ask(url, asked)
    assert reply.status == 404
    assert reply.json()["type"].endswith("/not-found")
    assert reply.all("X-Injected") == []


@pytest.mark.parametrize(
    "asked", ["/health/%6Cive", "/%68ealth/live", "/health/live?", "/health/live?&"]
)
def test_what_is_the_same_leads_to_the_same(url: str, asked: str) -> None:
    """RFC 3986, 6.2.2.2: unreserved characters may be escaped; an empty query asks for nothing."""
    (reply,) = ask(url, asked)
    assert (reply.status, reply.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "asked", ["/users%2Fme", "/users/%6de", "/users%2fme%2fpassword", "/books%2Fexport", "/%63art"]
)
def test_an_escape_opens_no_door(url: str, asked: str) -> None:
    """OWASP API5:2023, CWE-647: whoever is not asked for a token there is not there at all."""
    (reply,) = ask(url, asked)
    assert reply.status in {401, 404, 405}


@pytest.mark.parametrize("q", ["%", "%zz", "%6", "a%2", "%%%"])
def test_an_escape_that_is_none_is_text(url: str, q: str) -> None:
    """RFC 3986, 2.1: of a query, taken as it is or refused, never a server error."""
    (reply,) = ask(url, f"/books?q={q}")
    assert reply.status in {200, 400, 422}


@pytest.mark.parametrize(
    "query",
    ["=", "?", "a", "=1", "%00=1", "limit=1&limit=1", "%6Cimit=0", "limit=1;limit=2", "limit"],
)
def test_a_query_that_is_not_the_contract_s_is_a_422(url: str, query: str) -> None:
    """The contract, Queries: each known parameter, once."""
    (reply,) = ask(url, f"/books?{query}")
    assert reply.status == 422


def test_a_whole_url_is_a_target(url: str) -> None:
    """RFC 9112, 3.2.2: a server accepts the absolute form, whatever Host says."""
    for target in ("http://shop/health/live", "http://other:81/health/live"):
        (reply,) = ask(url, target)
        assert (reply.status, reply.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("asked", ["http://shop", "http:///health/live", "ftp:shop/x", "shop:80"])
def test_a_url_of_no_path_of_ours_is_refused(url: str, asked: str) -> None:
    """RFC 9112, 3.2.2 and 3.2.3."""
    replies = ask(url, asked)
    assert is_refusal(replies) or [reply.status for reply in replies] == [404]


@pytest.mark.parametrize("asked", ["shop:80", "127.0.0.1:22", "169.254.169.254:80", "/books"])
def test_nobody_is_tunnelled(url: str, asked: str) -> None:
    """RFC 9110, 9.3.6, OWASP API7:2023, CWE-441: CONNECT leads nowhere."""
    replies = ask(url, asked, b"CONNECT")
    assert is_refusal(replies) or [reply.status for reply in replies] in ([404], [405])


@pytest.mark.parametrize("method", [b"OPTIONS", b"GET", b"DELETE"])
def test_an_asterisk_is_no_path(url: str, method: bytes) -> None:
    """RFC 9112, 3.2.4: it stands for the server as a whole, of which the contract says nothing."""
    replies = ask(url, "*", method)
    assert is_refusal(replies) or [reply.status for reply in replies] == [404]


@pytest.mark.parametrize("asked", ["/health/live#fragment", "/books?q=a#fragment"])
def test_a_fragment_is_dropped_or_refused(url: str, asked: str) -> None:
    """RFC 9112, 3.2: no target has one."""
    replies = ask(url, asked)
    assert is_refusal(replies) or [reply.status for reply in replies] == [200]


IDS = {
    "a dot segment": b"..",
    "an encoded dot segment": b"%2e%2e",
    "a null byte": BOOK + b"%00",
    "a line end": BOOK + b"%0A",
    "an encoded slash": BOOK + b"%2Fcover",
    "braces": b"%7B" + BOOK + b"%7D",
    "URN": b"urn:uuid:" + BOOK,
    "other digits": "٨".encode() + BOOK[1:],
    "escaped other digits": b"%D9%A8" + BOOK[1:],
    "a quotation mark": b"'%20OR%201=1--",
    "no UTF-8": b"%FF" + BOOK[1:],
    "8,000 digits": b"8" * 8000,
}


@pytest.mark.parametrize("book_id", IDS.values(), ids=IDS)
def test_an_id_that_is_none_is_a_404(url: str, book_id: bytes) -> None:
    """The contract, Paths: an id that is no UUID is a 404. CWE-20."""
    replies = ask(url, b"/books/" + book_id)
    assert is_refusal(replies) or [reply.status for reply in replies] == [404]


@pytest.mark.parametrize(
    "text", ["%0d%0aX-Injected: yes", "%0aSet-Cookie: a=b", "%E5%98%8A%E5%98%8DX: y"]
)
def test_nothing_of_a_target_becomes_a_header(url: str, reader: Client, text: str) -> None:
    """CWE-113: response splitting, by the path, the query, a cursor, a request id."""
    quoted = text.replace(" ", "%20")
    token = f"Authorization: Bearer {reader.token}".encode()
    for target in (
        f"/{quoted}",
        f"/books?q={quoted}",
        f"/orders?cursor={quoted}",
        f"/books/{quoted}",
    ):
        for reply in ask(url, target, b"GET", token, f"X-Request-Id: {quoted}".encode()):
            names = {name for name, _ in reply.fields}
            assert not names & {"x-injected", "set-cookie", "x"}
