"""The results of a run: `results/<target>.json`, beside JUnit XML."""

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
"""The part that has no tests: the run as a whole shows it."""


@dataclass
class TestResult:
    """The outcome of a test."""

    id: str
    outcome: str
    """`passed`, `failed` or `skipped`."""
    seconds: float
    """The duration with setup and teardown."""
    reason: str | None = None
    """The reason why the test was skipped."""
    failure: str | None = None
    """Expectation and result, with the request as curl if there was one."""
    exchange: Exchange | None = None
    """The request that the test is about, and the response."""
    reproduce: str | None = None
    """A command that runs this test alone with the same options."""

    @property
    def file(self) -> str:
        """The file of the test."""
        return self.id.partition("::")[0]

    @property
    def part(self) -> str:
        """The part of the suite: a test file or a folder of test files."""
        return self.file.partition("/")[0].removesuffix(".py").removeprefix("test_")


@dataclass(eq=False)
class Report:
    """A pytest plugin that collects the outcomes of this process and of its workers."""

    config: pytest.Config
    results: dict[str, TestResult] = field(default_factory=dict)
    started: float = field(default_factory=time.time)
    exit_status: int = 0

    @property
    def target(self) -> str:
        """The implementation's name, or `server` for a server that the suite did not start."""
        return options.title(self.config.option)

    @property
    def file(self) -> Path:
        """The file to which the results are written."""
        return RESULTS / f"{self.target}.json"

    @property
    def seconds(self) -> float:
        """The duration of the run so far."""
        return time.time() - self.started

    def pytest_report_header(self) -> str:
        """Print the target and the options that repeat this run."""
        option = self.config.option
        where = option.base_url or f"{option.impl} on {option.db}"
        where = options.as_said(option) if options.compares(self.config) else where
        return f"bookstore: {where}, profile {option.profile}, seed {option.hypothesis_seed}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store a test's outcome: the worst of setup, call and teardown."""
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
        """Add the responses that a worker observed."""
        if seen := getattr(node, "workeroutput", {}).get("guard"):
            GUARD.load(seen)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Check the observed responses, and write the results."""
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
        """Return the results of a part of the suite."""
        return [result for result in self.results.values() if result.part == part]

    def _judge(self) -> None:
        """Check that every documented response was observed, and no other."""
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
        """Return the results of the run as JSON."""
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
