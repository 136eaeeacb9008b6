"""A payment provider that goes away after some calls: nothing listens at its address any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@contextmanager
def vanishing_provider(sandbox_url: str, calls: int) -> Iterator[str]:
    """The address of a provider that passes this many GET requests on to a sandbox."""

    class Handler(BaseHTTPRequestHandler):  # HTTP/1.0: each answer ends its connection
        left = calls

        def do_GET(self) -> None:
            """Pass a request on; before the last answer stop listening."""
            key = {"Authorization": self.headers["Authorization"]}
            answer = httpx.get(f"{sandbox_url}{self.path}", headers=key, trust_env=False)
            Handler.left -= 1
            if Handler.left == 0:
                server.shutdown()
                server.server_close()
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
