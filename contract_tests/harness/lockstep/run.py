"""Sends the same sequence of requests to several targets, and compares their responses.

Two different problems are accepted exactly if the contract allows either of them because the
request has several faults. Both must be documented, and neither may be a 401 or a 403 for a role,
which come first. Each must have a separate known cause in the request: a deliberate fault, an
unknown id, another user's resource, a stale tag, a used key, or a conflict (409).
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from harness import formats
from harness.contract import Json
from harness.lockstep.side import Exchange, Kept, Side
from harness.lockstep.steps import SCENERY, Step
from harness.lockstep.told import diff, script
from harness.lockstep.values import Symbol

PATIENCE_SECONDS = 120.0
"""How long the search for a shorter sequence takes at most."""


@dataclass(frozen=True)
class Difference:
    """A difference between the responses of targets."""

    key: Json
    """What a shorter sequence must show too: the operation and the statuses."""
    told: str
    """The description: the requests, the difference, and a summary line."""

    @classmethod
    def after(cls, past: list[list[Exchange]], scenery: int, reason: str) -> "Difference":
        """Describe the difference at the last request; `scenery` requests were the setup."""
        last = past[-1]
        operation_id = last[0].step.operation_id
        names = " and ".join(exchange.side.name for exchange in last)
        told = [script(past, scenery), "", reason, "", f"{operation_id}: {names} differ"]
        key = (operation_id, [exchange.told["status"] for exchange in last])
        return cls(key, "\n".join(told))


@dataclass
class Lockstep:
    """Several targets that receive the same requests."""

    sides: Sequence[Side]
    compared: Counter[str] = field(default_factory=Counter)
    """How many responses were compared, by result."""
    observed: Counter[tuple[str, int]] = field(default_factory=Counter)
    """The responses of the first target, by operation and status."""
    _empty: list[Kept] = field(default_factory=list)
    _furnished: list[Kept] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether the state of every target can be restored."""
        return all(side.database_url for side in self.sides)

    def play(self, steps: Sequence[Step], scenery: Sequence[Step] = SCENERY) -> Difference | None:
        """Send a sequence, and return the first difference, if any."""
        past: list[list[Exchange]] = []
        is_furnished = scenery is SCENERY and self._furnished
        if is_furnished:
            self._restore(self._furnished)
        elif found := self._furnish(scenery, past):
            return found
        return self._run(steps, past, len(past))

    def _furnish(self, scenery: Sequence[Step], past: list[list[Exchange]]) -> Difference | None:
        if self._empty:
            self._restore(self._empty)
        else:
            word = "" if self.is_kept else formats.word()
            for side in self.sides:
                side.populate(word)
            self._empty = [side.kept() for side in self.sides] if self.is_kept else []
        found = self._run(scenery, past, 0)
        for side in self.sides:
            side.settle()
        if scenery is SCENERY and self.is_kept and not found:
            self._furnished = [side.kept() for side in self.sides]
        return found

    def _restore(self, kept: list[Kept]) -> None:
        for side, one in zip(self.sides, kept, strict=True):
            side.restore(one)

    def _run(
        self, steps: Sequence[Step], past: list[list[Exchange]], scenery: int
    ) -> Difference | None:
        for step in steps:
            past.append([side.ask(step) for side in self.sides])
            if reason := self._compare(past[-1]):
                return Difference.after(past, scenery, reason)
        return None

    def _compare(self, exchanges: list[Exchange]) -> str | None:
        """Return a difference, or a violation of the contract, if any."""
        for exchange in exchanges:
            if exchange.fault:
                return f"{exchange.side.name} breaks the contract: {exchange.fault}"
        first, *others = exchanges
        self.observed[first.step.operation_id, first.told["status"]] += 1
        for other in others:
            if is_same(first, other, is_shared=self.is_kept):
                self.compared["equal"] += 1
            elif may_differ(first, other):
                self.compared["another of several faults"] += 1
            else:
                return diff(first, other)
        return None

    def shortest(self, found: Difference, steps: Sequence[Step]) -> Difference:
        """Shrink a sequence to the requests that are needed to show its difference."""
        way, before = Way(list(SCENERY), list(steps)), -1
        deadline = time.monotonic() + PATIENCE_SECONDS
        while way.length != before:
            before = way.length
            for shorter in way.shorter():
                if time.monotonic() > deadline:
                    return found
                again = self.play(shorter.steps, shorter.scenery)
                if again and again.key == found.key:
                    found = again
                    way.take(shorter)
        return found


@dataclass
class Way:
    """A sequence that shows a difference, and the candidates for a shorter one."""

    scenery: list[Step]
    steps: list[Step]

    @property
    def length(self) -> int:
        """The number of requests, with the setup."""
        return len(self.scenery) + len(self.steps)

    def take(self, shorter: "Way") -> None:
        """Replace this sequence by a shorter one."""
        self.scenery, self.steps = shorter.scenery, shorter.steps

    def shorter(self) -> Iterator["Way"]:
        """Yield sequences with fewer requests, many fewer first; then with smaller requests."""
        for size in (64, 16, 4, 1):
            for block in _blocks(self.steps, size):
                yield Way(self.scenery, [each for each in self.steps if each not in block])
            for block in _blocks(self.scenery, size):
                yield Way([each for each in self.scenery if each not in block], self.steps)
        for number, step in enumerate(self.steps):
            for part in _parts(step):
                steps = list(self.steps)
                steps[number] = _without(steps[number], *part)
                yield Way(self.scenery, steps)
        for number, step in enumerate(self.scenery):
            for part in _parts(step):
                scenery = list(self.scenery)
                scenery[number] = _without(scenery[number], *part)
                yield Way(scenery, self.steps)


def _blocks(steps: Sequence[Step], size: int) -> list[Sequence[Step]]:
    """Split a sequence into blocks of adjacent requests, the last block first."""
    return [steps[max(end - size, 0) : end] for end in range(len(steps), 0, -size)]


def _parts(step: Step) -> list[tuple[str, Json]]:
    """Return the optional parts of a request: a field, and an entry in it."""
    parts = [(name, pair) for name in ("query", "headers") for pair in getattr(step, name)]
    members = step.body if isinstance(step.body, dict) else ()
    return [*parts, *(("body", name) for name in members)]


def _without(step: Step, field: str, part: Json) -> Step:
    if field == "body":
        return replace(step, body={name: v for name, v in step.body.items() if name != part})
    kept = tuple(pair for pair in getattr(step, field) if pair is not part)
    return replace(step, query=kept) if field == "query" else replace(step, headers=kept)


def is_same(one: Exchange, other: Exchange, *, is_shared: bool) -> bool:
    """Return whether two responses are equal; ignore content from outside the sequence."""
    if is_shared or not _shows_others(one.step):
        return bool(one.told == other.told)
    return bool({**one.told, "body": None} == {**other.told, "body": None})


def _shows_others(step: Step) -> bool:
    """Return whether a response can contain data from outside the sequence."""
    narrowed = {"listCategories": {"parent_id"}, "listBooks": {"author_id", "category_id"}}
    narrowed["listOrders"] = {"user_id"}
    operation = step.operation
    if operation.id == "listOrders" and step.who in {"ada", "ben"}:
        return False
    if operation.id in {"listUsers", "listAuthors", "exportBooks", "getSalesReport", *narrowed}:
        return not narrowed.get(operation.id, set()) & {name for name, _ in step.query}
    return False


def may_differ(one: Exchange, other: Exchange) -> bool:
    """Return whether two different problems are both justified by faults of the request."""
    statuses = (one.told["status"], other.told["status"])
    documented = one.step.operation.responses
    if any(status not in documented or status < 400 for status in statuses):
        return False
    faults = known_faults(one)
    if statuses[0] != statuses[1]:
        return all(faults[status] for status in statuses)
    types = {each.told["body"]["type"] for each in (one, other)} if statuses[0] == 422 else set()
    return len(types) > 1 and faults[422] > 1


def known_faults(exchange: Exchange) -> Counter[int]:
    """Count the known faults of a request, by the status that each justifies."""
    step, memory = exchange.step, exchange.side.memory
    found = Counter(step.faults)
    found[401] = 0
    found[403] = step.operation.access in {"owner", "owner-or-staff"} and "review_id" in step.path
    found[409] += 1
    for value in step.path.values():
        value_id = exchange.side.id_of(value) if isinstance(value, Symbol) else None
        found[404] += (
            value_id is None or value_id in memory.gone or step.who not in {"staff", "admin"}
        )
    for _, value in step.headers:
        if isinstance(value, Symbol) and value.kind == "etag":
            found[412] += value.name not in {"*", "current", "list"}
    for _, value in step.query:
        if isinstance(value, Symbol) and value.kind == "cursor":
            found[422] += value.name not in memory.cursors
    key = exchange.request.headers.get("Idempotency-Key")
    found[422] += (step.who, key) in memory.keys or _names_nothing(step.body, exchange.side)
    return found


def _names_nothing(value: Json, side: Side) -> bool:
    """Return whether a body contains an id of a resource that does not exist."""
    if isinstance(value, Symbol) and value.kind == "id":
        found = side.id_of(value)
        return found is None or found in side.memory.gone
    if isinstance(value, dict):
        return any(_names_nothing(inner, side) for inner in value.values())
    return isinstance(value, list) and any(_names_nothing(item, side) for item in value)
