"""uvicorn's httptools protocol, where it would answer by itself and not as the contract does.

llhttp knows some forty methods and refuses the others; the contract answers them with a 405.
"""

import re
from typing import cast
from uuid import uuid4

import httptools
from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .errors import MalformedRequest

START = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) ")
UNHEARD_OF = b"UNLOCK "  # a method that llhttp knows, in the place of one that it does not


class _Parser:
    """An HttpRequestParser that lets every method through."""

    def __init__(self, protocol: "Protocol") -> None:
        self.protocol = protocol
        self.parser = httptools.HttpRequestParser(protocol)
        self.method: bytes | None = None

    def feed_data(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            start = START.match(data)
            if not start:
                raise
            self.method = start[1]
            self.parser = httptools.HttpRequestParser(self.protocol)
            self.parser.feed_data(UNHEARD_OF + data[start.end() :])

    def get_method(self) -> bytes:
        method, self.method = self.method or self.parser.get_method(), None
        return method

    def __getattr__(self, name: str) -> object:
        return getattr(self.parser, name)


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.parser = cast("httptools.HttpRequestParser", _Parser(self))

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as a problem; there is no path to tell."""
        request_id = str(uuid4())
        body = to_json(MalformedRequest(msg).as_json(instance="/", request_id=request_id))
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "content-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n"
            "cache-control: no-store\r\n"
            f"x-request-id: {request_id}\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
