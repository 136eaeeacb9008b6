"""The run as it goes: a line for each file that is done, and for each failure at once."""

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest
from _pytest.terminal import TerminalReporter

ERASE = "\r\x1b[K"
REFRESH_SECONDS = 0.1
FAILURES = 30
"""How many are named at once."""


@dataclass(eq=False)
class Progress:
    """A pytest plugin that shows it, with a line that counts along where a person watches."""

    terminal: TerminalReporter
    expected: Counter[str] = field(default_factory=Counter)
    """How many tests each file has."""
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    started: float = field(default_factory=time.monotonic)
    shown: float = 0.0
    failures: int = 0

    @property
    def is_watched(self) -> bool:
        """Whether a line may be written over."""
        return sys.stdout.isatty()

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        if report.when in {"setup", "teardown"} and report.passed:
            return "", "", ""
        if report.when in {"call", "setup", "teardown"}:
            return report.outcome, "", ""
        return None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know what is to come, where the tests run in this process."""
        self.expected.update(item.nodeid.partition("::")[0] for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Know what is to come, where they run in workers: each knows all."""
        self.expected = Counter(test.partition("::")[0] for test in ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test; say when it failed, and when its file is done."""
        file = report.nodeid.partition("::")[0]
        self.seconds[file] += report.duration
        if report.failed:
            self.failures += 1
            if self.failures <= FAILURES:
                self._say(f"FAILED {report.nodeid}", red=True)
            elif self.failures == FAILURES + 1:
                self._say("… further failures are counted", red=True)
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self.outcomes[file][report.outcome] += 1
        if report.when == "teardown" and self._is_done(file):
            counts = ", ".join(f"{number} {each}" for each, number in self.outcomes[file].items())
            self._say(f"{file:<48}{counts}, {self.seconds[file]:.1f} s")
        self._count(file)

    def pytest_runtest_logfinish(self) -> None:
        """Leave the terminal to pytest's own words when all is done."""
        if self._finished() == self.expected.total():
            self._write(ERASE)

    def _is_done(self, file: str) -> bool:
        return self.outcomes[file].total() == self.expected[file]

    def _finished(self) -> int:
        return sum(counts.total() for counts in self.outcomes.values())

    def _count(self, file: str) -> None:
        now = time.monotonic()
        if self.is_watched and now > self.shown + REFRESH_SECONDS:
            self.shown = now
            failed = sum(counts["failed"] for counts in self.outcomes.values())
            told = f"{self._finished()} of {self.expected.total()}"
            told += f", {failed} failed" if failed else ""
            self._write(f"{ERASE}{now - self.started:4.0f} s  {told}  {file}")

    def _say(self, line: str, **markup: bool) -> None:
        self._write(ERASE if self.is_watched else "")
        self.terminal.ensure_newline()
        self.terminal.write_line(line, **markup)

    def _write(self, text: str) -> None:
        if text and self.is_watched:
            self.terminal.write(text, flush=True)
