"""The suite against a broken copy: whether a part of it notices, which test, and how soon."""

import json
import os
import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from workbench import ROOT
from workbench.hunt_bugs import Bug
from workbench.hunt_copies import copy_of_the_repository, require_own_code
from workbench.processes import FailedError, Process

SUITE = ROOT / "contract_tests"
LIMIT_SECONDS = 900.0
PATIENCE_SECONDS = 60.0
"""How long the suite may take to stop its servers."""

SLIP = re.compile(r"(?:NameError|ImportError|AttributeError|TypeError|StatementError): [^\"\\\n]+")
"""What a shop logs where a patch still applies, though the code around it is no longer the same."""

Outcome = Literal["caught", "survived", "no verdict"]
Json = dict[str, Any]


class Look(NamedTuple):
    """What a part of the suite made of a shop."""

    outcome: Outcome
    seconds: float = 0.0
    """Until the suite had ended with its first failure: starting the servers is the most of it."""
    test: str | None = None
    """What noticed something."""
    told: str = ""
    """Why there is no verdict."""
    failure: str = ""
    """What the test had to say."""


@dataclass(frozen=True)
class Finding:
    """What became of one bug, in one implementation, under one part of the suite."""

    bug: Bug
    implementation: str
    part: str
    look: Look

    def as_json(self) -> Json:
        """For `hunt.json`."""
        return {
            "bug": self.bug.name,
            "title": self.bug.title,
            "kind": self.bug.kind,
            "implementation": self.implementation,
            "part": self.part,
            "outcome": self.look.outcome,
            "seconds": round(self.look.seconds, 1),
            "test": self.look.test,
            "told": self.look.told or None,
        }


@dataclass
class Hunter:
    """Lets parts of the suite look at broken copies, and at an unbroken one before."""

    database: str
    control: bool = True
    """Whether a part has to find nothing in the unbroken shop first: else it proves nothing."""
    _sound: dict[tuple[str, str, str], Look] = field(default_factory=dict)

    def hunt(
        self, bug: Bug, implementation: str, parts: list[str]
    ) -> Generator[Finding | None, None, None]:
        """A finding for each part, None in between.

        What was started ends, and the copy goes, however the generator ends.
        """
        database = bug.database or self.database
        try:
            with copy_of_the_repository() as folder:
                require_own_code(folder / f"impl_{implementation}")
                for part in parts if self.control else ():
                    key = (implementation, part, database)
                    if key not in self._sound:
                        self._sound[key] = yield from _look(folder, *key)
                bug.apply(implementation, folder)
                for part in parts:
                    key = (implementation, part, database)
                    look = _unsound(self._sound.get(key)) or (yield from _look(folder, *key))
                    yield Finding(bug, implementation, part, look)
        except FailedError as failure:
            look = Look("no verdict", told=str(failure))
            yield from (Finding(bug, implementation, part, look) for part in parts)


def parts() -> list[str]:
    """Every part of the suite: what lies beside its configuration."""
    return sorted(path.name for path in SUITE.glob("test_*"))


def _unsound(control: Look | None) -> Look | None:
    """No verdict, where a part finds something in the unbroken shop already."""
    if control is None or control.outcome == "survived":
        return None
    told = control.test or control.told
    return Look("no verdict", control.seconds, told=f"it fails without the bug as well: {told}")


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
    """What the suite's own report says; without one there is no verdict."""
    if not results.is_file():
        return Look("no verdict", seconds, told=str(run.failure()))
    tests: list[Json] = json.loads(results.read_text())["tests"]
    failed = [test for test in tests if test["outcome"] == "failed"]
    passed = [test for test in tests if test["outcome"] == "passed"]
    if not failed:
        survived = Look("survived", seconds)
        return survived if passed else Look("no verdict", seconds, told="no test ran")
    first = failed[0]
    if len(passed) <= 1 and "harness.processes.FailedError" in first["failure"]:
        told = f"the broken shop does not start:\n{first['failure']}"
        return Look("no verdict", seconds, told=told)
    if slip := _slip(results.with_suffix("")):
        return Look("no verdict", seconds, told=f"its patch is not what its card says: {slip}")
    return Look("caught", seconds, first["id"], failure=first["failure"])


def _slip(logs: Path) -> str | None:
    """The mistake in a patch that the servers of a run stumbled over."""
    found = (SLIP.search(log.read_text(errors="replace")) for log in sorted(logs.glob("*.log")))
    return next((each[0] for each in found if each), None)
