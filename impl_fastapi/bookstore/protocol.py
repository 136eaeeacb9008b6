"""uvicorn's httptools protocol, where it would not keep to RFC 9112 or the contract by itself.

llhttp knows some forty methods and refuses the others; the contract answers them with a 405.
uvicorn takes trailers for headers and heads of any size, serves every version and any Host, and
answers what is no request before the requests that came ahead of it.
"""

import re
from http import HTTPStatus
from typing import cast
from uuid import uuid4

import httptools
from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .errors import MalformedRequest

MAX_HEAD_BYTES = 65_536
START = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) ")
UNHEARD_OF = b"UNLOCK "  # a method that llhttp knows, in the place of one that it does not
HOST = re.compile(rb"([A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")


class _Parser:
    """An HttpRequestParser that lets every method through."""

    def __init__(self, protocol: "Protocol") -> None:
        self.protocol = protocol
        self.parser = httptools.HttpRequestParser(protocol)
        self.method: bytes | None = None

    def feed_data(self, data: bytes) -> None:
        between = not (self.protocol.in_head or self.protocol.in_body)
        requests = self.protocol.requests
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            start = START.match(data)
            if not (start and between and requests == self.protocol.requests):
                raise  # what is ahead of it in the same packet would be served twice
            self.method = start[1]
            self.parser = httptools.HttpRequestParser(self.protocol)
            self.parser.feed_data(UNHEARD_OF + data[start.end() :])

    def get_method(self) -> bytes:
        method, self.method = self.method or self.parser.get_method(), None
        return method

    def __getattr__(self, name: str) -> object:
        return getattr(self.parser, name)


class Protocol(HttpToolsProtocol):
    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # the arguments are only passed on
        self.parser = cast("httptools.HttpRequestParser", _Parser(self))
        self.in_head = self.in_body = False
        self.head_bytes = self.requests = 0
        self.before: RequestResponseCycle | None = None
        """The request ahead of `cycle`."""

    def data_received(self, data: bytes) -> None:
        """A head that never ends is refused, however long its lines are."""
        began_in_head = self.in_head
        super().data_received(data)
        if began_in_head and self.in_head and not self.transport.is_closing():
            self.head_bytes += len(data)
            if self.head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("The head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_head, self.head_bytes = True, 0

    def on_url(self, url: bytes) -> None:
        """The target, or more of it."""
        super().on_url(url)
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Trailers are read and dropped (RFC 9110, 6.5.1): nobody authenticates in one."""
        if self.in_head:
            super().on_header(name, value)
            self._grow(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """A version or a Host that is none is refused (RFC 9112, 2.3 and 3.2)."""
        version = self.parser.get_http_version()
        host = b",".join(value for name, value in self.headers if name == b"host")
        if version not in {"1.0", "1.1"}:
            raise ValueError("no version of HTTP that is served")
        if not HOST.fullmatch(host) and (host or version == "1.1"):
            raise ValueError("a request names its host, once")
        self.before, self.requests = self.cycle, self.requests + 1
        super().on_headers_complete()
        self.in_head, self.in_body = False, True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.in_body = False

    def _grow(self, size: int) -> None:
        self.head_bytes += size
        if self.head_bytes > MAX_HEAD_BYTES:
            raise ValueError("the head is too large")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, as a problem; there is no path to tell.

        Requests ahead of it get their answers, and nothing comes after those.
        """
        ahead: RequestResponseCycle | None = self.cycle
        if ahead and self.in_body:
            if ahead.response_started:
                self.transport.close()
                return
            ahead = self._give_up(ahead)
        if ahead and not ahead.response_complete:
            ahead.keep_alive = False
            return
        too_large = self.head_bytes > MAX_HEAD_BYTES
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
        request_id = str(uuid4())
        body = to_json(MalformedRequest(msg).as_json(instance="/", request_id=request_id))
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n"
            "cache-control: no-store\r\n"
            f"x-request-id: {request_id}\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _give_up(self, cycle: RequestResponseCycle) -> RequestResponseCycle | None:
        """End a request whose own body is at fault; the one ahead of it still gets its answer."""
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
            return self.before
        return None
