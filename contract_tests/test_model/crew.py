"""Who uses the shop, run after run: five accounts, since a password takes its time to hash."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from harness import formats, people
from harness.client import Client, refused, succeeded
from harness.people import Person
from harness.sandbox import Sandbox
from test_model.things import User

ROLES = {
    "ada": "customer",
    "ben": "customer",
    "cleo": "customer",
    "sam": "staff",
    "vera": "admin",
}


@dataclass
class Crew:
    """The accounts, signed in, and all that a run needs of the world outside."""

    anyone: Client
    admin: Client
    sandbox: Sandbox | None
    persons: dict[str, Person]
    _isbn: Iterator[int] = field(default_factory=lambda: count(int(formats.isbn()[3:12])))
    _word: str = field(default_factory=formats.word)
    _number: Iterator[int] = field(default_factory=count)

    @classmethod
    def hired(cls, anyone: Client, admin: Client, sandbox: Sandbox | None) -> "Crew":
        """Five new accounts."""
        crew = cls(anyone, admin, sandbox, {})
        for name, role in ROLES.items():
            email = people.register(anyone, name=name.title())["email"]
            crew.persons[name] = people.join(anyone, email)
            admin.change(crew.persons[name].path, role=role)
        return crew

    def isbn(self) -> str:
        """One that nothing else uses; Hypothesis seeds the usual source anew for each run."""
        twelve = f"978{next(self._isbn) % 10**9:09}"
        return twelve + formats.check_digit(twelve)

    def word(self) -> str:
        """The same of words."""
        return f"{self._word}{next(self._number)}"

    def users(self) -> dict[str, User]:
        """Everybody as they should be at the start of a run, whatever the last one left behind."""
        return {name: self._ready(name) for name in self.persons}

    def _ready(self, name: str) -> User:
        person, role = self.persons[name], ROLES[name]
        seen = succeeded(self.admin.get(person.path)).json()
        if seen["role"] != role or seen["disabled"]:
            self.admin.change(person.path, role=role, disabled=False)
        if person.client.get("/users/me").status_code == 401:
            person = self.sign_in(name)
        succeeded(person.client.delete("/cart"), 204)
        return User(person.email, seen["name"], role, id=person.id)

    def sign_in(self, name: str) -> Person:
        """Somebody in a new session."""
        self.persons[name] = people.join(self.anyone, self.persons[name].email)
        return self.persons[name]

    def rob(self, name: str) -> None:
        """Somebody else uses a refresh token that was used before: the session ends."""
        body = {"refresh_token": self.persons[name].refresh_token}
        succeeded(self.anyone.post("/auth/refresh", body), 200)
        refused(self.anyone.post("/auth/refresh", body), 401, "invalid-refresh-token")
