"""Somebody asks for something: the same request goes to the server and to the reference."""

from dataclasses import dataclass, replace
from typing import Any

from harness.contract import Json, Operation, named
from test_model.things import User

FRESH, STALE, MISSING = "fresh", "stale", "missing"


@dataclass(frozen=True, eq=False)
class Request:
    """An operation of the contract, asked for."""

    operation_id: str
    who: User | None
    """None is nobody: no token is sent."""
    about: Any = None
    """The thing that the path names."""
    body: Json = None
    key: str | None = None
    """Idempotency-Key."""
    match: str | None = None
    """Whether If-Match is fresh, stale or missing, where the operation asks for it."""
    lost: bool = False
    """Whether the payment provider's answer gets lost, and its event too."""

    @property
    def operation(self) -> Operation:
        """As the contract has it."""
        return named(self.operation_id)

    @property
    def access(self) -> str:
        return self.operation.access

    @property
    def takes_key(self) -> bool:
        """Whether it moves money or stock, and so has an Idempotency-Key."""
        return any(each["name"] == "Idempotency-Key" for each in self.operation.parameters)

    @property
    def name(self) -> str:
        """`placeOrder` → `place_order`: how the reference calls it."""
        return "".join(
            f"_{letter.lower()}" if letter.isupper() else letter for letter in self.operation_id
        )

    @property
    def path(self) -> str:
        """Where it goes."""
        before, _, rest = self.operation.path.partition("{")
        return before + (self.about.id + rest.partition("}")[2] if rest else "")

    @property
    def premise(self) -> str | None:
        """The problem that If-Match makes, if it makes one."""
        return {STALE: "precondition-failed", MISSING: "precondition-required"}.get(
            self.match or ""
        )

    def is_repeated_by(self, other: "Request") -> bool:
        """Whether an Idempotency-Key takes the other one for the same."""
        return (self.operation_id, self.about, self.body) == (
            *(other.operation_id, other.about),
            other.body,
        )

    def but(self, **changes: Any) -> "Request":
        """The same with a difference."""
        return replace(self, **changes)

    def __str__(self) -> str:
        told = [f"{self.who or 'Nobody'}: {self.operation_id}"]
        told += [str(self.about)] if self.about else []
        told += [str(self.body)] if self.body else []
        told += [f"If-Match {self.match}"] if self.match else []
        told += [f"key {self.key}"] if self.key else []
        told += ["(the provider's answer is lost)"] if self.lost else []
        return " ".join(told)
