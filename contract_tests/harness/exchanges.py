"""The request and response that a test is about, as HTTP messages for the results."""

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

import httpx
import schemathesis

MOST = 1000
"""The largest number of characters of a body that are kept."""
TOKEN = re.compile(r"\b(eyJ[\w-]{5})[\w-]*\.([\w-]{0,8})[\w-]*\.([\w-]{0,8})[\w-]*")
"""A JWT (RFC 7519); only the beginnings of its parts are kept."""
BEGINNINGS = r"\1….\2….\3…"
OF_REQUESTS = {
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
}
OF_ANSWERS = {
    "allow",
    "cache-control",
    "content-disposition",
    "content-type",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "retry-after",
    "www-authenticate",
}
"""Headers that are kept. The others are the same in every exchange."""

Exchange = tuple[str, str]
"""A request and its response, as text."""
Fields = Iterable[tuple[str, str]]
"""Header names and values; a name can repeat."""


@dataclass
class Telling:
    """Remembers one exchange: the last one with an error status, or else the last of all.

    After an error status a test usually only checks that nothing has changed.
    """

    _describe: Callable[[], Exchange] | None = None
    _is_refusal: bool = False

    def note(self, status: int, describe: Callable[[], Exchange]) -> None:
        """Remember an exchange, unless an earlier error is more relevant."""
        is_refusal = status >= 400
        if is_refusal or not self._is_refusal:
            self._describe, self._is_refusal = describe, is_refusal

    def take(self) -> Exchange | None:
        """Return the remembered exchange and forget it."""
        describe, self._describe, self._is_refusal = self._describe, None, False
        return describe() if describe else None


TELLING = Telling()
"""The exchange of the test that runs in this process."""


def note(answer: httpx.Response) -> None:
    """Remember a response to the suite's client."""
    sent = answer.request
    TELLING.note(
        answer.status_code,
        lambda: (
            _message(
                f"{sent.method} {sent.url.raw_path.decode()}",
                sent.headers.items(),
                OF_REQUESTS,
                sent.content,
            ),
            _answer(answer.status_code, answer.headers.items(), answer.content),
        ),
    )


def note_generated(answer: schemathesis.Response) -> None:
    """Remember a response to a request that Schemathesis generated."""
    sent = answer.request
    body = sent.body or b""
    content = body if isinstance(body, bytes) else str(body).encode()
    asked = [(name, str(value)) for name, value in sent.headers.items()]
    told = [(name, value) for name, values in answer.headers.items() for value in values]
    TELLING.note(
        answer.status_code,
        lambda: (
            _message(f"{sent.method} {sent.path_url}", asked, OF_REQUESTS, content),
            _answer(answer.status_code, told, answer.content),
        ),
    )


def note_bytes(sent: bytes, reply: tuple[int, Fields, bytes] | None) -> None:
    """Remember bytes sent over a socket, and the reply if the server did not just close."""
    TELLING.note(
        reply[0] if reply else 400,
        lambda: (_shown(sent), _answer(*reply) if reply else "(closed without a response)"),
    )


def _answer(status: int, fields: Fields, content: bytes) -> str:
    return _message(str(status), fields, OF_ANSWERS, content)


def _message(line: str, fields: Fields, kept: Container[str], content: bytes) -> str:
    """Format a message: its first line, the kept headers and the content."""
    told = [(name, value) for name, value in fields if name.lower() in kept and value != "*/*"]
    lines = [f"{name}: {TOKEN.sub(BEGINNINGS, value)}" for name, value in told]
    return "\n".join([line, *lines, *(["", _shown(content)] if content else [])])


def _shown(content: bytes) -> str:
    text = TOKEN.sub(BEGINNINGS, content[: 2 * MOST].decode(errors="backslashreplace"))
    return text if len(text) <= MOST else f"{text[:MOST]}…"
