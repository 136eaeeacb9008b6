"""Raw bytes over a socket, which an HTTP client library would not send (RFC 9112)."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from urllib.parse import urlsplit

from harness import exchanges
from harness.contract import Json

SECONDS = 10.0
"""The timeout of a read: no response of the contract takes that long."""
PATIENCE = 5.0
"""How long `exchange` waits for more responses before it says that no more bytes follow."""

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?\r\n")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([^\r\n\0]*?)[\t ]*\r\n")
WITHOUT_CONTENT = {204, 304}
CLOSE = b"Connection: close"
JSON = b"Content-Type: application/json"
NOT_SUPPORTED = {501, 505}
"""Statuses of HTTP for a transfer coding, a method or a version that a server does not support."""


class FramingError(AssertionError):
    """The server sent bytes that are not a valid HTTP/1.1 response."""


@dataclass(frozen=True)
class Reply:
    """A response as it was received; header names are in lower case."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    content: bytes = b""

    def __getitem__(self, name: str) -> str:
        """Return the value of a header that occurs once."""
        (value,) = self.all(name)
        return value

    def all(self, name: str) -> list[str]:
        """Return every value of a header, one for each line."""
        return [value for each, value in self.fields if each == name.lower()]

    def json(self) -> Json:
        """Parse the content as JSON."""
        return json.loads(self.content)


@dataclass
class Wire:
    """A connection that sends bytes unchanged, and reads responses strictly (RFC 9112)."""

    base_url: str
    _sent: bytes = field(init=False, default=b"")
    _is_answered: bool = field(init=False, default=False)
    _socket: socket.socket = field(init=False)
    _file: BufferedReader = field(init=False)

    def __post_init__(self) -> None:
        """Open the connection to the server."""
        address = urlsplit(self.base_url)
        where = (address.hostname or "", address.port or 80)
        self._socket = socket.create_connection(where, timeout=SECONDS)
        self._file = self._socket.makefile("rb")

    def send(self, content: bytes) -> bool:
        """Send bytes; return whether the connection was still open for all of them."""
        self._sent = (self._sent + content)[: 2 * exchanges.MOST]
        try:
            self._socket.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def end(self) -> None:
        """Close the sending half of the connection: no more bytes follow."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection to the server."""
        self._file.close()
        self._socket.close()

    def reply(self, method: str = "GET") -> Reply | None:
        """Read the next final response to this method; None if the server closed the connection.

        Raises TimeoutError if the server hangs, FramingError if the response is not HTTP.
        """
        while (found := self.interim(method)) and found.status < 200:
            pass
        if found:
            exchanges.note_bytes(self._sent, (found.status, found.fields, found.content))
        elif not self._is_answered:
            exchanges.note_bytes(self._sent, None)
        self._is_answered = True
        return found

    def interim(self, method: str = "GET") -> Reply | None:
        """Read the next response, also an interim one (1xx); None if the server closed."""
        try:
            return self._reply(method)
        except ConnectionResetError:  # the server closed with bytes unread
            return None

    def _reply(self, method: str) -> Reply | None:
        line = self._line()
        if not line:
            return None
        start = STATUS_LINE.fullmatch(line)
        if not start:
            raise FramingError(f"not a status line: {line[:200]!r}")
        status, fields = int(start[1]), tuple(self._fields())
        head = Reply(status, fields)
        if status < 200 or status in WITHOUT_CONTENT or method == "HEAD":
            return head
        return Reply(status, fields, self._content(head))

    def _line(self) -> bytes:
        return self._file.readline(1 << 20)

    def _fields(self) -> Iterator[tuple[str, str]]:
        while (line := self._line()) != b"\r\n":
            found = FIELD_LINE.fullmatch(line)
            if not found:
                raise FramingError(f"not a field line: {line[:200]!r}")
            yield found[1].decode().lower(), found[2].decode("latin-1")

    def _content(self, head: Reply) -> bytes:
        """Read the content of a response by the rules of RFC 9112, 6.3."""
        codings, lengths = head.all("transfer-encoding"), head.all("content-length")
        if codings:
            if codings != ["chunked"] or lengths:
                raise FramingError(f"framed by {codings} and {lengths}")
            return b"".join(self._chunks())
        if lengths:
            if len(lengths) > 1 or not re.fullmatch("[0-9]+", lengths[0]):
                raise FramingError(f"Content-Length: {lengths}")
            return self._exactly(int(lengths[0]))
        return self._file.read()

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._line().strip(), 16):
            yield self._exactly(size)
            self._end_of_line()
        self._end_of_line()

    def _end_of_line(self) -> None:
        if self._line() != b"\r\n":
            raise FramingError("a chunk does not end with CRLF")

    def _exactly(self, size: int) -> bytes:
        content = self._file.read(size)
        if len(content) != size:
            raise FramingError(f"{len(content)} bytes of {size}")
        return content


@contextmanager
def connected(base_url: str) -> Iterator[Wire]:
    """Open a connection until the block ends."""
    wire = Wire(base_url)
    try:
        yield wire
    finally:
        wire.close()


def message(
    line: bytes, *fields: bytes, content: bytes = b"", host: bytes | None = b"shop"
) -> bytes:
    """Build a request from lines and content, with a `Host` unless it is None."""
    named = [] if host is None else [b"Host: " + host]
    return b"\r\n".join([line, *named, *fields, b"", content])


def chunk(content: bytes, size: bytes | None = None) -> bytes:
    """Build a chunk of a body, with the right size or a given one."""
    return b"%s\r\n%s\r\n" % (size or b"%x" % len(content), content)


LAST_CHUNK = b"0\r\n\r\n"


def exchange(base_url: str, *sent: bytes, method: str = "GET", end: bool = False) -> list[Reply]:
    """Send bytes on a new connection, and read all responses until the server closes it.

    If the server waits for more bytes, the sending half of the connection is closed: at once with
    `end`, otherwise after some seconds. `method` only matters for HEAD.
    """
    with connected(base_url) as wire:
        for content in sent:
            wire.send(content)
        patience = threading.Timer(0 if end else PATIENCE, wire.end)
        patience.start()
        try:
            return list(iter(lambda: wire.reply(method), None))
        finally:
            patience.cancel()


def is_failure(reply: Reply) -> bool:
    """Return whether a server failed, and did not just refuse a message."""
    return reply.status >= 500 and reply.status not in NOT_SUPPORTED
