"""Raw requests that create authors: each test can see whether they were executed."""

from dataclasses import dataclass

from harness.client import Client, refused, succeeded
from harness.wire import CLOSE, JSON, Reply, exchange, message

LINE = b"POST /authors HTTP/1.1"
LAST_REQUEST = message(b"GET /health/live HTTP/1.1", CLOSE)
"""A request after which the server closes the connection."""


@dataclass(frozen=True)
class AuthorRequest:
    """A well-formed request that creates an author, which a test sends in another form."""

    staff: Client
    name: str
    hidden_name: str
    """The name of the author that `hidden` creates."""

    @property
    def content(self) -> bytes:
        """The body of the request."""
        return b'{"name":"%s"}' % self.name.encode()

    @property
    def token(self) -> bytes:
        """The `Authorization` header of the request."""
        return b"Authorization: Bearer %s" % (self.staff.token or "").encode()

    def message(
        self,
        *fields: bytes,
        content: bytes | None = None,
        line: bytes = LINE,
        host: bytes | None = b"shop",
    ) -> bytes:
        """Build the request with more headers, or with another line, host or body.

        Without a body of the test's choice it has its own, with `Content-Length`.
        """
        if content is None:
            content = self.content
            fields = (b"Content-Length: %d" % len(content), *fields)
        return message(line, self.token, JSON, *fields, content=content, host=host)

    @property
    def hidden(self) -> bytes:
        """A complete request for another author, to be hidden in the bytes of a message."""
        content = b'{"name":"%s"}' % self.hidden_name.encode()
        return self.message(b"Content-Length: %d" % len(content), content=content)

    def send(self, *sent: bytes, end: bool = False) -> list[Reply]:
        """Send bytes on a new connection, and return the responses until the server closes it."""
        return exchange(self.staff.base_url, *sent, end=end)

    def was_executed(self) -> bool:
        """Return whether the author exists. Creates it otherwise, so call this once."""
        return self._exists(self.name)

    def hidden_was_executed(self) -> bool:
        """Return whether the hidden request was executed. Call this once."""
        return self._exists(self.hidden_name)

    def _exists(self, name: str) -> bool:
        answer = self.staff.post("/authors", {"name": name})
        if answer.status_code == 409:
            refused(answer, 409, "name-taken")
            return True
        succeeded(answer, 201)
        return False
