"""Bytes over a socket, where a client library would tidy them up (RFC 9112)."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from urllib.parse import urlsplit

from harness import exchanges
from harness.contract import Json

SECONDS = 10.0
"""After which a server that says nothing hangs: no answer of the contract takes that long."""

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?\r\n")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([^\r\n\0]*?)[\t ]*\r\n")
WITHOUT_CONTENT = {204, 304}
CLOSE = b"Connection: close"
JSON = b"Content-Type: application/json"
REFUSALS = {400, 414, 431, 501, 505}
"""How a server may refuse what is no request (spec/runtime.md), where it does not just close."""


class FramingError(AssertionError):
    """What a server sent is no HTTP/1.1."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the wire; names of headers are in lower case."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    content: bytes = b""

    def __getitem__(self, name: str) -> str:
        """The value of a header that came once."""
        (value,) = self.all(name)
        return value

    def all(self, name: str) -> list[str]:
        """Every value of a header, a line each."""
        return [value for each, value in self.fields if each == name.lower()]

    def json(self) -> Json:
        """Its content, read as JSON."""
        return json.loads(self.content)


@dataclass
class Wire:
    """A connection that sends these very bytes, and reads answers strictly by RFC 9112."""

    base_url: str
    _sent: bytes = field(init=False, default=b"")
    _is_answered: bool = field(init=False, default=False)
    _socket: socket.socket = field(init=False)
    _file: BufferedReader = field(init=False)

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        where = (address.hostname or "", address.port or 80)
        self._socket = socket.create_connection(where, timeout=SECONDS)
        self._file = self._socket.makefile("rb")

    def send(self, content: bytes) -> bool:
        """Send these bytes; whether the server still took them all."""
        self._sent = (self._sent + content)[: 2 * exchanges.MOST]
        try:
            self._socket.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def end(self) -> None:
        """Say that nothing more comes: half of a TCP connection is closed."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def reply(self, method: str = "GET") -> Reply | None:
        """The next final answer, to a request of this method, or None: it was closed without one.

        Raises TimeoutError if the server hangs, FramingError if it answers no HTTP.
        """
        while (found := self._reply(method)) and found.status < 200:
            pass
        if found:
            exchanges.note_bytes(self._sent, (found.status, found.fields, found.content))
        elif not self._is_answered:
            exchanges.note_bytes(self._sent, None)
        self._is_answered = True
        return found

    def interim(self) -> Reply | None:
        """The next answer, be it an interim one (1xx), or None: it was closed without one."""
        return self._reply("GET")

    def replies(self) -> list[Reply]:
        """Every answer until the server closes; whoever waits for it says `Connection: close`."""
        return list(iter(self.reply, None))

    def _reply(self, method: str) -> Reply | None:
        line = self._line()
        if not line:
            return None
        start = STATUS_LINE.fullmatch(line)
        if not start:
            raise FramingError(f"no status line: {line[:200]!r}")
        status, fields = int(start[1]), tuple(self._fields())
        head = Reply(status, fields)
        if status < 200 or status in WITHOUT_CONTENT or method == "HEAD":
            return head
        return Reply(status, fields, self._content(head))

    def _line(self) -> bytes:
        try:
            return self._file.readline(1 << 20)
        except ConnectionResetError:
            return b""

    def _fields(self) -> Iterator[tuple[str, str]]:
        while (line := self._line()) != b"\r\n":
            found = FIELD_LINE.fullmatch(line)
            if not found:
                raise FramingError(f"no field line: {line[:200]!r}")
            yield found[1].decode().lower(), found[2].decode("latin-1")

    def _content(self, head: Reply) -> bytes:
        """RFC 9112, 6.3."""
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
            raise FramingError("no end of a chunk")

    def _exactly(self, size: int) -> bytes:
        content = self._file.read(size)
        if len(content) != size:
            raise FramingError(f"{len(content)} bytes of {size}")
        return content


@contextmanager
def connected(base_url: str) -> Iterator[Wire]:
    """A connection until the block is left."""
    wire = Wire(base_url)
    try:
        yield wire
    finally:
        wire.close()


def message(
    line: bytes, *fields: bytes, content: bytes = b"", host: bytes | None = b"shop"
) -> bytes:
    """A request of these very lines and bytes, with a `Host` unless it is None."""
    named = [] if host is None else [b"Host: " + host]
    return b"\r\n".join([line, *named, *fields, b"", content])


def chunk(content: bytes, size: bytes | None = None) -> bytes:
    """A chunk of a body, its size as it is or as it claims to be."""
    return b"%s\r\n%s\r\n" % (size or b"%x" % len(content), content)


LAST_CHUNK = b"0\r\n\r\n"


def exchange(base_url: str, *sent: bytes, method: str = "GET", end: bool = False) -> list[Reply]:
    """Every answer on a connection that gets these bytes, until the server closes it.

    Where nothing in them makes it close, `end` says that nothing more comes. Methods other than
    HEAD need not be told.
    """
    with connected(base_url) as wire:
        for content in sent:
            wire.send(content)
        if end:
            wire.end()
        return list(iter(lambda: wire.reply(method), None))


def is_refusal(replies: list[Reply]) -> bool:
    """Whether a server refused a message: by one answer at most, and by closing its connection."""
    return [reply.status in REFUSALS for reply in replies] in ([], [True])
