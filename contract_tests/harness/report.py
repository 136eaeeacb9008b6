"""What a run leaves behind: `results/<target>.json`, and JUnit XML beside it."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from harness import RESULTS, contract, environment, excuses, options
from harness.contract import Json
from harness.exchanges import Exchange
from harness.guard import GUARD, Pair

GUARD_FILE = "answers observed"
"""The part that no test of its own shows: the whole run does."""


@dataclass
class TestResult:
    """One test's outcome."""

    id: str
    outcome: str
    """passed, failed or skipped."""
    seconds: float
    """Set-up and tear-down included."""
    reason: str | None = None
    """Why it was skipped."""
    failure: str | None = None
    """What was expected and what came, with the request as curl where there was one."""
    exchange: Exchange | None = None
    """The request that it is about, and the answer."""
    reproduce: str | None = None
    """A command that runs this test alone, as it ran here."""

    @property
    def file(self) -> str:
        """Where it stands."""
        return self.id.partition("::")[0]

    @property
    def part(self) -> str:
        """The part of the suite: a file or a folder beside the others."""
        return self.file.partition("/")[0].removesuffix(".py").removeprefix("test_")


@dataclass(eq=False)
class Report:
    """A pytest plugin that collects outcomes, of this process or of its workers."""

    config: pytest.Config
    results: dict[str, TestResult] = field(default_factory=dict)
    started: float = field(default_factory=time.time)
    exit_status: int = 0

    @property
    def target(self) -> str:
        """The implementation's name, or `server` for one that runs elsewhere."""
        return options.title(self.config.option)

    @property
    def file(self) -> Path:
        """Where the results are written."""
        return RESULTS / f"{self.target}.json"

    @property
    def seconds(self) -> float:
        """How long the run takes."""
        return time.time() - self.started

    def pytest_report_header(self) -> str:
        """What is tested, and how to get the same run again."""
        option = self.config.option
        where = option.base_url or f"{option.impl} on {option.db}"
        where = options.as_said(option) if options.compares(self.config) else where
        return f"bookstore: {where}, profile {option.profile}, seed {option.hypothesis_seed}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's outcome: the worst of its set-up, its call and its tear-down."""
        result = self.results.setdefault(report.nodeid, TestResult(report.nodeid, "passed", 0.0))
        result.seconds = round(result.seconds + report.duration, 3)
        result.exchange = getattr(report, "exchange", None) or result.exchange
        if report.failed:
            result.outcome = "failed"
            result.failure = "\n\n".join(filter(None, [result.failure, report.longreprtext]))
            result.reproduce = dict(report.sections).get("To reproduce")
        elif report.skipped and result.outcome == "passed":
            result.outcome = "skipped"
            result.reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Json) -> None:
        """Take over what a worker has seen."""
        if seen := getattr(node, "workeroutput", {}).get("guard"):
            GUARD.load(seen)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge the run as a whole, and write the results."""
        self._judge()
        if any(each.outcome == "failed" for each in self.of_part(GUARD_FILE)) and not (
            session.exitstatus
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self.exit_status = int(session.exitstatus)
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False)
        self.file.write_text(text + "\n")

    def of_part(self, part: str) -> list[TestResult]:
        """The results of a part of the suite."""
        return [result for result in self.results.values() if result.part == part]

    def _judge(self) -> None:
        """Every documented answer was seen, and no other one."""
        excuses.excuse(GUARD, self.config.option)
        partial = options.is_partial(self.config)
        self._add("no undocumented answer", _told(GUARD.undocumented))
        if partial:
            self._add("every documented answer", reason=f"only a part of the suite ran: {partial}")
        else:
            self._add("every documented answer", _told(GUARD.missing()))

    def _add(self, name: str, faults: str | None = None, *, reason: str | None = None) -> None:
        outcome = "failed" if faults else "skipped" if reason else "passed"
        name = f"{GUARD_FILE}::{name}"
        self.results[name] = TestResult(name, outcome, 0.0, reason, faults)

    def as_json(self) -> Json:
        """The whole run."""
        option = self.config.option
        return {
            "target": self.target,
            "base_url": option.base_url,
            "database": None if option.base_url else option.db,
            "profile": option.profile,
            "seed": option.hypothesis_seed,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started)),
            "seconds": round(self.seconds, 1),
            "partial": options.is_partial(self.config),
            "exit_status": self.exit_status,
            "environment": environment.describe(option.impl),
            "outcomes": Counter(result.outcome for result in self.results.values()),
            "operations": {
                operation.id: {
                    "tag": operation.definition["tags"][0],
                    "answers": {
                        status: GUARD.observed[operation.id, status]
                        for status in operation.responses
                    },
                }
                for operation in contract.operations()
            },
            "missing": _pairs(GUARD.missing()),
            "undocumented": _pairs(GUARD.undocumented),
            "not_observable": [
                {"operation": operation, "status": status, "reason": reason}
                for (operation, status), reason in GUARD.not_observable.items()
            ],
            "tests": [asdict(result) for result in self.results.values()],
        }


def _pairs(pairs: Iterable[Pair]) -> list[Json]:
    return [{"operation": operation, "status": status} for operation, status in pairs]


def _told(pairs: Iterable[Pair]) -> str | None:
    return ", ".join(f"{operation} {status}" for operation, status in pairs) or None
