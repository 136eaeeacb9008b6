"""Accounts that a test owns."""

from dataclasses import dataclass

from harness import formats
from harness.client import Client, succeeded
from harness.contract import Json

PASSWORD = "opens throwaway accounts"


@dataclass(frozen=True)
class Person:
    """An account, logged in."""

    id: str
    email: str
    password: str
    client: Client
    """Speaks with this session's access token."""
    refresh_token: str

    @property
    def path(self) -> str:
        """Where an admin finds the account."""
        return f"/users/{self.id}"


def register(anyone: Client, **members: Json) -> Json:
    """A new account: its representation."""
    body = {"email": formats.email(), "password": PASSWORD, "name": "Ada Lovelace", **members}
    return succeeded(anyone.post("/users", body), 201).json()


def log_in(anyone: Client, email: str, password: str = PASSWORD) -> Json:
    """A new session: its tokens."""
    return succeeded(anyone.post("/auth/login", {"email": email, "password": password}), 200).json()


def join(
    anyone: Client, email: str, password: str = PASSWORD, user_id: str | None = None
) -> Person:
    """Somebody who has an account already, in a session of their own."""
    tokens = log_in(anyone, email, password)
    client = anyone.bearing(tokens["access_token"])
    user_id = user_id or succeeded(client.get("/users/me")).json()["id"]
    return Person(user_id, email, password, client, tokens["refresh_token"])


def new_customer(anyone: Client) -> Person:
    """Somebody new, logged in."""
    user = register(anyone)
    return join(anyone, user["email"], user_id=user["id"])


def new_member(admin: Client, role: str) -> Person:
    """Somebody new with a role, logged in."""
    person = new_customer(admin.bearing(None))
    admin.change(person.path, role=role)
    return person
