"""Accounts that a test creates for itself."""

from dataclasses import dataclass

from harness import formats
from harness.client import Client, succeeded
from harness.contract import Json

PASSWORD = "opens throwaway accounts"  # of throwaway accounts only


@dataclass(frozen=True)
class Person:
    """An account with a session."""

    id: str
    email: str
    password: str
    client: Client
    """A client with this session's access token."""
    refresh_token: str

    @property
    def path(self) -> str:
        """The path of the account for an admin."""
        return f"/users/{self.id}"


def register(anyone: Client, **members: Json) -> Json:
    """Register an account and return its representation."""
    body = {"email": formats.email(), "password": PASSWORD, "name": "Ada Lovelace", **members}
    return succeeded(anyone.post("/users", body), 201).json()


def log_in(anyone: Client, email: str, password: str = PASSWORD) -> Json:
    """Log in and return the tokens."""
    return succeeded(anyone.post("/auth/login", {"email": email, "password": password}), 200).json()


def join(
    anyone: Client, email: str, password: str = PASSWORD, user_id: str | None = None
) -> Person:
    """Log in to an existing account, in a new session."""
    tokens = log_in(anyone, email, password)
    client = anyone.bearing(tokens["access_token"])
    user_id = user_id or succeeded(client.get("/users/me")).json()["id"]
    return Person(user_id, email, password, client, tokens["refresh_token"])


def new_customer(anyone: Client) -> Person:
    """Register a customer and log in."""
    user = register(anyone)
    return join(anyone, user["email"], user_id=user["id"])


def new_member(admin: Client, role: str) -> Person:
    """Register a user with a role and log in."""
    person = new_customer(admin.bearing(None))
    admin.change(person.path, role=role)
    return person
