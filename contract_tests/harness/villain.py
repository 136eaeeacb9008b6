"""A malicious payment provider, which responds to every request with given bytes."""

import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

REFERENCE = "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"
"""A placeholder in the response for the reference in the request."""

ASKED = re.compile(rb'"reference": ?"([0-9a-f-]{36})"')
HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n%s\r\n"
MAX_REQUEST = 65_536


@dataclass
class Villain:
    """A server on loopback that responds once on each connection, and records the requests."""

    answer: bytes = b""
    drip: bytes = b""
    """Bytes that it repeats after the response until the client disconnects."""
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the listener and start accepting connections."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    def says(self, status: str, content: bytes, *fields: bytes, drip: bytes = b"") -> None:
        """Set the response to all further requests."""
        lines = [b"Connection: close", *fields]
        if not any(each.lower().startswith((b"content-length", b"transfer-")) for each in fields):
            lines.append(b"Content-Length: %d" % len(content))
        self.answer = HEAD % (status.encode(), b"".join(each + b"\r\n" for each in lines)) + content
        self.drip = drip
        self.asked.clear()

    def close(self) -> None:
        """Close the listener of the server."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            asked = b""
            while not (found := ASKED.search(asked)):
                if not (more := connection.recv(MAX_REQUEST)):
                    return  # the client disconnected without a request
                asked += more
            self.asked.append(asked)
            connection.sendall(self.answer.replace(REFERENCE.encode(), found[1]))
            while self.drip:
                connection.sendall(self.drip)
