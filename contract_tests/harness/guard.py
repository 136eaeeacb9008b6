"""Compares the observed pairs of operation and status with those that the contract documents."""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from harness import contract
from harness.contract import Json

Pair = tuple[str, int]


@dataclass
class Guard:
    """Counts the responses of a run by operation and status."""

    observed: Counter[Pair] = field(default_factory=Counter)
    undocumented: dict[Pair, str] = field(default_factory=dict)
    """Pairs that are not in the contract, with the first request that showed them."""
    not_observable: dict[Pair, str] = field(default_factory=dict)
    """Documented pairs that the suite cannot provoke on this target, with the reason."""

    def record(self, method: str, path: str, status: int) -> None:
        """Count one response. Paths and methods outside the contract are ignored."""
        operation = contract.matching(method, path)
        if status >= 500 and status != 503:
            self.undocumented.setdefault((f"{method} {path}", status), f"{method} {path}")
        elif operation:
            pair = (operation.id, status)
            self.observed[pair] += 1
            if status not in operation.responses:
                self.undocumented.setdefault(pair, f"{method} {path}")

    def missing(self) -> list[Pair]:
        """Return documented pairs that were neither observed nor excused."""
        return [
            (operation.id, status)
            for operation in contract.operations()
            for status in operation.responses
            if not self.observed[operation.id, status]
            and (operation.id, status) not in self.not_observable
        ]

    def excuse(self, status: int, operations: list[contract.Operation], reason: str) -> None:
        """Record why a status of some operations cannot be observed here."""
        for operation in operations:
            if status in operation.responses and not self.observed[operation.id, status]:
                self.not_observable[operation.id, status] = reason

    def merge(self, file: Path) -> None:
        """Add the responses that another process wrote with `record`."""
        if file.exists():
            for line in file.read_text().splitlines():
                method, path, status = json.loads(line)
                self.record(method, path, status)

    def dump(self) -> Json:
        """Return the counts as plain values, for `load`."""
        return [list(self.observed.items()), list(self.undocumented.items())]

    def load(self, seen: Json) -> None:
        """Add the counts of another process."""
        observed, undocumented = seen
        self.observed.update({tuple(pair): number for pair, number in observed})
        for pair, request in undocumented:
            self.undocumented.setdefault(tuple(pair), request)


GUARD = Guard()
"""The counts of this run."""

RECORD_FILE = "CONTRACT_TESTS_RECORD"
"""The variable that names the file to which a child process records its responses."""


def record(method: str, path: str, status: int) -> None:
    """Count one response, in this process or for the process that started it."""
    if file := os.environ.get(RECORD_FILE):
        with Path(file).open("a") as lines:
            lines.write(json.dumps([method, path, status]) + "\n")
    else:
        GUARD.record(method, path, status)
