"""What a run leaves behind: the closing table, `results/<target>.json` and JUnit XML beside it."""

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from harness import RESULTS, contract, options
from harness.contract import Json
from harness.guard import GUARD, Pair


@dataclass
class TestResult:
    """One test's outcome."""

    id: str
    outcome: str
    seconds: float
    reason: str | None = None


@dataclass
class Report:
    """A pytest plugin that collects outcomes and tells them at the end."""

    config: pytest.Config
    results: list[TestResult] = field(default_factory=list)
    started: float = field(default_factory=time.time)

    @property
    def target(self) -> str:
        """The implementation's name, or `server` for one that runs elsewhere."""
        return self.config.option.impl or "server"

    def pytest_report_header(self) -> str:
        """What is tested, and how to get the same run again."""
        option = self.config.option
        where = option.base_url or f"{option.impl} on {option.db}"
        return f"bookstore: {where}, profile {option.profile}, seed {option.hypothesis_seed}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's outcome: that of its call, or of a set-up that was not passed."""
        if report.when == "call" or report.outcome != "passed":
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else None
            result = TestResult(report.nodeid, report.outcome, round(report.duration, 3), reason)
            self.results.append(result)

    def pytest_sessionfinish(self) -> None:
        """Write the results."""
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False)
        self._file.write_text(text + "\n")

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the table of (operation, status)."""
        partial = options.is_partial(self.config)
        terminalreporter.section(f"{self.target}: answers observed")
        terminalreporter.write_line("\n".join(table()))
        if partial and GUARD.missing():
            note = f"Part of the suite ({partial}): pairs marked ? were not observed, not failed."
            terminalreporter.write_line(note)
        terminalreporter.write_line(f"Results: {self._file}")

    @property
    def _file(self) -> Path:
        return RESULTS / f"{self.target}.json"

    def as_json(self) -> Json:
        """The whole run."""
        option = self.config.option
        return {
            "target": self.target,
            "base_url": option.base_url,
            "database": None if option.base_url else option.db,
            "profile": option.profile,
            "seed": option.hypothesis_seed,
            "seconds": round(time.time() - self.started, 1),
            "partial": options.is_partial(self.config),
            "outcomes": Counter(result.outcome for result in self.results),
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
            "undocumented": _pairs(list(GUARD.undocumented)),
            "not_observable": [
                {"operation": operation, "status": status, "reason": reason}
                for (operation, status), reason in GUARD.not_observable.items()
            ],
            "tests": [asdict(result) for result in self.results],
        }


def _pairs(pairs: list[Pair]) -> list[Json]:
    return [{"operation": operation, "status": status} for operation, status in pairs]


def table() -> list[str]:
    """A line for each operation: every status with how often it was seen."""
    missing, excused = set(GUARD.missing()), GUARD.not_observable
    lines = []
    for operation in contract.operations():
        cells = []
        for status in operation.responses:
            pair = (operation.id, status)
            sign = "?" if pair in missing else "-" if pair in excused else GUARD.observed[pair]
            cells.append(f"{status}:{sign}")
        lines.append(f"{operation.id:<22}{'  '.join(cells)}")
    for reason in dict.fromkeys(excused.values()):
        pairs = [pair for pair, why in excused.items() if why == reason]
        lines.append(f"- not observable here ({len(pairs)}): {reason}")
    for (operation_id, status), request in GUARD.undocumented.items():
        lines.append(f"undocumented: {operation_id} answered {status} ({request})")
    return lines


def comparison(implementations: list[str]) -> list[str]:
    """A line for each implementation's last run."""
    lines = []
    for name in implementations:
        run = json.loads((RESULTS / f"{name}.json").read_text())
        counts = ", ".join(f"{number} {outcome}" for outcome, number in run["outcomes"].items())
        missing = f"{len(run['missing'])} pairs not observed" if run["missing"] else "all observed"
        lines.append(f"{run['target']:<10}{counts}; {missing}; {run['seconds']:.0f} s")
    return lines
