"""Where wire tests ask for something that is seen afterwards."""

from dataclasses import dataclass

from harness.client import Client, refused, succeeded
from harness.wire import JSON, Reply, exchange, message

AUTHORS = b"POST /authors HTTP/1.1"


@dataclass(frozen=True)
class Desk:
    """Where staff make an author by these very bytes, and see afterwards whether it was made."""

    staff: Client
    name: str

    @property
    def content(self) -> bytes:
        """What makes the author."""
        return b'{"name":"%s"}' % self.name.encode()

    @property
    def token(self) -> bytes:
        return b"Authorization: Bearer %s" % (self.staff.token or "").encode()

    def message(self, *fields: bytes, content: bytes, line: bytes = AUTHORS) -> bytes:
        """A request that makes the author, if it is framed rightly."""
        return message(line, JSON, self.token, *fields, content=content)

    def send(self, *sent: bytes, end: bool = False) -> list[Reply]:
        """What the server answers until it closes; `end` says that nothing more comes."""
        return exchange(self.staff.base_url, *sent, end=end)

    def has_made(self) -> bool:
        """Whether the author is there; it is afterwards."""
        answer = self.staff.post("/authors", {"name": self.name})
        if answer.status_code == 409:
            refused(answer, 409, "name-taken")
            return True
        succeeded(answer, 201)
        return False
