"""The shop's side of the events: it notes each, and answers as it is told."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.provider import wait_for


@dataclass(frozen=True)
class Told:
    """An event as it came."""

    at: float
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The same in every attempt."""
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        """The body as JSON."""
        content: dict[str, Any] = json.loads(self.body)
        return content


class Shop:
    """A web server on loopback. It answers with `statuses`, one after the other, then with 204."""

    def __init__(self) -> None:
        self.told: list[Told] = []
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
        """Be as new."""
        self.told.clear()
        self.statuses.clear()

    def about(self, reference: str) -> list[Told]:
        """What was told about a payment, or a refund."""
        return [told for told in self.told if told.content["data"]["reference"] == reference]

    def wait_for(self, reference: str, times: int = 1) -> list[Told]:
        """What was told, once it was so many times."""
        wait_for(lambda: len(self.about(reference)) >= times)
        return self.about(reference)

    def _handler(shop) -> type[BaseHTTPRequestHandler]:  # noqa: N805 -- `self` is the handler
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                shop.told.append(Told(time.monotonic(), headers, body))
                self.send_response(shop.statuses.pop(0) if shop.statuses else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler
