"""Who has no right to ask, made new for each test."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness import people, tokens
from harness.client import Client, succeeded
from harness.contract import Operation, matching
from harness.people import PASSWORD, Person
from harness.samples import Sample, Sampler
from harness.server import SECRET_KEY

HS = {"typ": "at+jwt"}

Forge = Callable[[str], str]
"""A forged token, from a good one."""


def _payload(token: str) -> bytes:
    return json.dumps(tokens.claims(token)).encode()


def _header(**members: Any) -> bytes:
    return json.dumps({**HS, **members}).encode()


def resigned(by: str = "sha256", key: str = SECRET_KEY, **members: Any) -> Forge:
    """The claims of a good token under another header, signed with this key and hash."""
    return lambda token: tokens.sign(_header(**members), _payload(token), key, by)


def unsigned(alg: str) -> Forge:
    """A token that says that it needs no signature."""
    return lambda token: tokens.sign(_header(alg=alg), _payload(token)).rpartition(".")[0] + "."


FORGERIES: dict[str, Forge] = {
    "expired": lambda token: tokens.forgeries(token)["expired"],
    "tampered with": lambda token: tokens.forgeries(token)["tampered"],
    "of another key": resigned(alg="HS256", key="another-key-that-is-also-long-enough"),
    "alg none": unsigned("none"),
    "alg HS512": resigned(alg="HS512", by="sha512"),
    "alg RS256": resigned(alg="RS256"),
}
"""RFC 8725, 2 and 3: each alike in all but one thing."""


@dataclass(frozen=True)
class Ended:
    """Sessions that have ended, of people whose rights would do: their tokens were good once."""

    admin: Client

    def _member(self, role: str) -> Person:
        return people.new_member(self.admin, role)

    def disabled(self) -> Client:
        """Of an admin who was disabled."""
        person = self._member("admin")
        self.admin.change(person.path, disabled=True)
        return person.client

    def logged_out(self) -> Client:
        """Of an admin who has logged out."""
        person = self._member("admin")
        succeeded(person.client.post("/auth/logout"), 204)
        return person.client

    def password_changed(self) -> Client:
        """Of an admin whose password is another by now."""
        person = self._member("admin")
        body = {"current_password": PASSWORD, "new_password": "staple battery horse"}
        succeeded(person.client.put("/users/me/password", body), 204)
        return person.client

    def replayed(self) -> Client:
        """Of an admin whose refresh token was used twice."""
        person = self._member("admin")
        anyone, body = self.admin.bearing(None), {"refresh_token": person.refresh_token}
        pair = succeeded(anyone.post("/auth/refresh", body)).json()
        anyone.post("/auth/refresh", body)
        return anyone.bearing(pair["access_token"])

    def refreshing(self) -> Client:
        """A refresh token in the place of an access token."""
        return self.admin.bearing(self._member("admin").refresh_token)

    def all(self) -> dict[str, Client]:
        """All of them, by name."""
        return {
            "disabled": self.disabled(),
            "logged out": self.logged_out(),
            "another password by now": self.password_changed(),
            "a stolen session": self.replayed(),
            "a refresh token": self.refreshing(),
        }


@dataclass(frozen=True)
class Untouched:
    """What an operation is about, as it was before the attack."""

    good: Sample
    sample: Sampler

    def __call__(self) -> list[Any]:
        """What everybody who may look sees of it, and of what lies around it."""
        return [_shown(client, path) for client, path in self._views()]

    def _views(self) -> list[tuple[Client, str]]:
        """The thing itself and those that its path names before it, by owner and by staff."""
        parts = self.good.path.strip("/").split("/")
        paths = ["/" + "/".join(parts[:length]) for length in range(1, len(parts) + 1)]
        watched = [path for path in (*paths, "/cart") if _is_seen(path)]
        return [
            (client, path) for path in watched for client in (self.good.client, self.sample.admin)
        ]


def _is_seen(path: str) -> bool:
    """Whether a path shows one thing, and not a list that others add to meanwhile."""
    operation = matching("GET", path)
    return operation is not None and not operation.id.startswith(("list", "get_", "export"))


def _shown(client: Client, path: str) -> tuple[int, bytes, str | None]:
    answer = client.get(path)
    content = answer.content if answer.is_success else b""
    return answer.status_code, content, answer.headers.get("ETag")


def takes_token(operation: Operation) -> bool:
    """Whether an access token says who asks."""
    return operation.access not in {"public", "signature"}
