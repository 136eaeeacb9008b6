"""An HTTP client that leaves the processors to the servers: `http.client` over one connection."""

import json
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple, Self

from workbench.processes import FailedError

SECONDS = 30.0
"""How long it waits: a whole payment may be in an answer."""

HEADERS = {"Accept": "*/*", "User-Agent": "bookstore-bench"}


class Answer(NamedTuple):
    """An answer that had the expected status."""

    body: bytes
    headers: dict[str, str]
    """By their names in lower case."""

    def json(self) -> Any:  # JSON is anything
        """Return the body's value."""
        return json.loads(self.body)


class Client:
    """A client that keeps its connection to one server."""

    def __init__(self, port: int) -> None:
        """Connect with the first request, to a port of loopback."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def wake(self) -> None:
        """Connect again, because a server closes a connection that is idle for some seconds."""
        self._connection.close()
        self.ask("GET", "/health/live", 200)

    def ask(
        self,
        method: str,
        path: str,
        status: int,
        *,
        headers: dict[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        """Return an answer. Raises FailedError if there is none, or it has another status."""
        sent = HEADERS | (headers or {})
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            sent |= {"Content-Type": "application/json"}
        try:
            self._connection.request(method, path, content, sent)
            answer = self._connection.getresponse()
            received = answer.read()
        except (OSError, HTTPException) as error:
            raise FailedError(f"{method} {path}: {error!r}") from error
        if answer.status != status:
            raise FailedError(f"{method} {path}: {answer.status} {received.decode()}")
        return Answer(received, {name.lower(): value for name, value in answer.getheaders()})
