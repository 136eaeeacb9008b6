"""Fault injection: which faults happen next, how often, and to which payments."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sandbox.schemas import Input, Json, Reference

EVENT_KINDS = {"delay", "lose", "duplicate", "reorder"}
CALL_KINDS = {
    "delay",
    "hold",
    "status",
    "drop_before",
    "drop_after",
    "malformed",
    "oversized",
    "redirect",
    "wrong_amount",
    "wrong_currency",
}
HOLD_SECONDS = 60
"""How long a call is held at most, unless the fault says otherwise."""


class NewFault(Input):
    """The request body of createFault."""

    on: Literal["createPayment", "findPayment", "createRefund", "findRefund", "deliverEvent", "*"]
    kind: str
    times: Annotated[int, Field(ge=1, le=1000)] | None = 1
    seconds: float = Field(0, ge=0, le=300)
    status: Literal[408, 409, 429, 500, 502, 503] | None = None
    reference: Reference | None = None

    @model_validator(mode="after")
    def _fits(self) -> "NewFault":
        """Raise ValueError if the members do not fit together."""
        kinds = EVENT_KINDS if self.on == "deliverEvent" else CALL_KINDS
        if self.kind not in kinds:
            raise ValueError(f"kind on {self.on} is one of {', '.join(sorted(kinds))}")
        if self.kind == "delay" and not self.seconds:
            raise ValueError("a delay needs its seconds")
        if (self.kind == "status") != (self.status is not None):
            raise ValueError("kind status needs a status, and no other kind has one")
        return self


@dataclass
class Fault:
    """An active fault, and how often it will still happen (None: until it is cleared)."""

    id: str
    wanted: NewFault
    remaining: int | None
    held: int = 0
    """How many calls wait until the fault is deleted."""
    deleted: asyncio.Event = field(default_factory=asyncio.Event)

    def concerns(self, operation: str, references: set[str]) -> bool:
        """Return whether the fault applies to this operation on these references."""
        wanted = self.wanted
        if self.remaining == 0:
            return False
        somewhere = wanted.on == operation or (wanted.on == "*" and operation != "deliverEvent")
        return somewhere and (wanted.reference is None or wanted.reference in references)

    def shown(self) -> Json:
        """Return the fault as the API shows it."""
        counts = {"remaining": self.remaining, "held": self.held}
        return {"id": self.id, **self.wanted.model_dump(mode="json"), **counts}

    async def wait(self) -> None:
        """Delay a call: until the fault is deleted (`hold`), or for the fault's time."""
        if self.wanted.kind != "hold":
            await asyncio.sleep(self.wanted.seconds)
            return
        self.held += 1
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.deleted.wait(), self.wanted.seconds or HOLD_SECONDS)
        finally:
            self.held -= 1


class Faults:
    """The active faults, oldest first. They are kept in memory only."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    def add(self, wanted: NewFault) -> Fault:
        """Add a fault to the active ones."""
        fault = Fault(f"fault_{secrets.token_hex(8)}", wanted, wanted.times)
        self._faults[fault.id] = fault
        return fault

    def all(self) -> list[Fault]:
        """Return the active faults, oldest first."""
        return list(self._faults.values())

    def clear(self) -> None:
        """Delete all active faults."""
        for fault_id in list(self._faults):
            self.remove(fault_id)

    def remove(self, fault_id: str) -> bool:
        """Delete one fault. Returns False if no active fault has this id."""
        fault = self._faults.pop(fault_id, None)
        if fault is not None:
            fault.deleted.set()
        return fault is not None

    def take(self, operation: str, references: set[str]) -> Fault | None:
        """Return the oldest fault that applies, and count it as happened."""
        for fault in self._faults.values():
            if fault.concerns(operation, references):
                if fault.remaining is not None:
                    fault.remaining -= 1
                    if fault.remaining == 0 and fault.wanted.kind != "hold":
                        del self._faults[fault.id]
                return fault
        return None
