"""The suite against a broken copy: whether a part of it fails, which test, and how soon."""

import json
import os
import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from workbench import ROOT
from workbench.hunt.catalogue import Bug
from workbench.hunt.copies import copy_of_the_repository, require_own_code
from workbench.processes import FailedError, Process

SUITE = ROOT / "contract_tests"
LIMIT_SECONDS = 900.0
PATIENCE_SECONDS = 60.0
"""How long the suite may take to stop its servers."""

SLIP = re.compile(r"(?:NameError|ImportError|AttributeError|TypeError|StatementError): [^\"\\\n]+")
"""An exception that a shop logs if an edit still applies, but the code around it has changed."""

Outcome = Literal["caught", "survived", "inconclusive", "stale"]
Json = dict[str, Any]


class Look(NamedTuple):
    """The result of one run of a part of the suite."""

    outcome: Outcome
    seconds: float = 0.0
    """The time until the suite ended with its first failure. Most of it starts the servers."""
    test: str | None = None
    """The test that failed."""
    reason: str = ""
    """Why the run is inconclusive, or why the edits are stale."""
    failure: str = ""
    """The failure report of the test."""


@dataclass(frozen=True)
class Finding:
    """The result for one bug, in one implementation, under one part of the suite."""

    bug: Bug
    implementation: str
    part: str
    look: Look

    def as_json(self) -> Json:
        """Return the entry for `hunt.json`."""
        return {
            "bug": self.bug.name,
            "title": self.bug.title,
            "kind": self.bug.kind,
            "implementation": self.implementation,
            "part": self.part,
            "outcome": self.look.outcome,
            "seconds": round(self.look.seconds, 1),
            "test": self.look.test,
            "reason": self.look.reason or None,
        }


@dataclass
class Hunt:
    """Runs parts of the suite against broken copies, and first against a sound one."""

    database: str
    control: bool = True
    """Whether a part must pass against the sound shop first: else its failure proves nothing."""
    _sound: dict[tuple[str, str, str], Look] = field(default_factory=dict)

    def run(
        self, bug: Bug, implementation: str, parts: list[str]
    ) -> Generator[Finding | None, None, None]:
        """Yield a finding for each part, and None while a part runs.

        When the generator is closed, its processes are stopped and the copy is deleted.
        """
        database = bug.database or self.database
        try:
            edits = bug.edits(implementation)
            edits.check(ROOT)
            if edits.stale:
                look = Look("stale", reason=edits.stale)
                yield from (Finding(bug, implementation, part, look) for part in parts)
                return
            with copy_of_the_repository() as folder:
                require_own_code(folder / f"impl_{implementation}")
                for part in parts if self.control else ():
                    key = (implementation, part, database)
                    if key not in self._sound:
                        self._sound[key] = yield from _look(folder, *key)
                edits.apply(folder)
                for part in parts:
                    key = (implementation, part, database)
                    look = _unsound(self._sound.get(key)) or (yield from _look(folder, *key))
                    yield Finding(bug, implementation, part, look)
        except FailedError as failure:
            look = Look("inconclusive", reason=str(failure))
            yield from (Finding(bug, implementation, part, look) for part in parts)


def parts() -> list[str]:
    """Return every part of the suite: the test files and folders beside its configuration."""
    return sorted(path.name for path in SUITE.glob("test_*"))


def _unsound(control: Look | None) -> Look | None:
    """Return an inconclusive result if a part already fails against the sound shop."""
    if control is None or control.outcome == "survived":
        return None
    reason = control.test or control.reason
    return Look("inconclusive", control.seconds, reason=f"it fails without the bug, too: {reason}")


def _look(
    folder: Path, implementation: str, part: str, database: str
) -> Generator[None, None, Look]:
    suite = folder / "contract_tests"
    results = suite / "results" / f"{implementation}.json"
    results.unlink(missing_ok=True)
    began = time.monotonic()
    run = Process(
        f"{part} against {implementation}",
        [
            *(SUITE / ".venv" / "bin" / "python", "-m", "pytest", suite / part),
            *("--impl", implementation, "--db", database, "--exitfirst"),
        ],
        log=suite / "results" / "hunt.log",
        environment=os.environ,
        folder=folder,
    )
    try:
        while run.exit_status is None and time.monotonic() < began + LIMIT_SECONDS:
            yield None
    finally:
        if run.exit_status is None:
            run.stop(seconds=PATIENCE_SECONDS)
    return _verdict(run, results, time.monotonic() - began)


def _verdict(run: Process, results: Path, seconds: float) -> Look:
    """Read the suite's own report; without a report the run is inconclusive."""
    if not results.is_file():
        return Look("inconclusive", seconds, reason=str(run.failure()))
    tests: list[Json] = json.loads(results.read_text())["tests"]
    failed = [test for test in tests if test["outcome"] == "failed"]
    passed = [test for test in tests if test["outcome"] == "passed"]
    if not failed:
        survived = Look("survived", seconds)
        return survived if passed else Look("inconclusive", seconds, reason="no test ran")
    first = failed[0]
    if len(passed) <= 1 and "harness.processes.FailedError" in first["failure"]:
        reason = f"the broken shop does not start:\n{first['failure']}"
        return Look("inconclusive", seconds, reason=reason)
    if slip := _slip(results.with_suffix("")):
        reason = f"its edits do not cause what its card describes: {slip}"
        return Look("inconclusive", seconds, reason=reason)
    return Look("caught", seconds, first["id"], failure=first["failure"])


def _slip(logs: Path) -> str | None:
    """Return the first exception in the servers' logs that a mistake in an edit explains."""
    found = (SLIP.search(log.read_text(errors="replace")) for log in sorted(logs.glob("*.log")))
    return next((each[0] for each in found if each), None)
