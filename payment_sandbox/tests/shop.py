"""A web server that receives the events in the shop's place and records them."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.provider import wait_for


@dataclass(frozen=True)
class Received:
    """An event as it was received."""

    at: float
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Return the `webhook-id`, which is the same in every attempt."""
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        """Return the parsed body."""
        content: dict[str, Any] = json.loads(self.body)
        return content


class Shop:
    """A web server on loopback. It responds with `statuses`, one after the other, then with 204."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.statuses: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/payments"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Delete the recorded events and the planned statuses."""
        self.received.clear()
        self.statuses.clear()

    def about(self, reference: str) -> list[Received]:
        """Return the recorded events of a payment or a refund."""
        return [each for each in self.received if each.content["data"]["reference"] == reference]

    def wait_for(self, reference: str, times: int = 1) -> list[Received]:
        """Wait for this many events of a payment or a refund, and return them."""
        wait_for(lambda: len(self.about(reference)) >= times)
        return self.about(reference)

    def _handler(shop) -> type[BaseHTTPRequestHandler]:  # noqa: N805 -- `self` is the handler below
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                shop.received.append(Received(time.monotonic(), headers, body))
                self.send_response(shop.statuses.pop(0) if shop.statuses else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler
