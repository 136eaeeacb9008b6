"""Progress of a run: a line for each finished file, and for each failure immediately."""

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest
from _pytest.terminal import TerminalReporter

ERASE = "\r\x1b[K"
REFRESH_SECONDS = 0.1
FAILURES = 30
"""How many failures are printed immediately."""


@dataclass(eq=False)
class Progress:
    """A pytest plugin that prints the progress, with a live count on a terminal."""

    terminal: TerminalReporter
    expected: Counter[str] = field(default_factory=Counter)
    """The number of tests in each file."""
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    started: float = field(default_factory=time.monotonic)
    shown: float = 0.0
    failures: int = 0

    @property
    def is_watched(self) -> bool:
        """Whether the output is a terminal, on which a line can be overwritten."""
        return sys.stdout.isatty()

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Replace pytest's dot for each test by nothing."""
        if report.when in {"setup", "teardown"} and report.passed:
            return "", "", ""
        if report.when in {"call", "setup", "teardown"}:
            return report.outcome, "", ""
        return None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the tests of each file, if the tests run in this process."""
        self.expected.update(item.nodeid.partition("::")[0] for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Count the tests of each file, if they run in workers: every worker reports all."""
        self.expected = Counter(test.partition("::")[0] for test in ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test; print its failure, and its file once all of its tests are done."""
        file = report.nodeid.partition("::")[0]
        self.seconds[file] += report.duration
        if report.failed:
            self.failures += 1
            if self.failures <= FAILURES:
                self._say(f"FAILED {report.nodeid}", red=True)
            elif self.failures == FAILURES + 1:
                self._say("… further failures are only counted", red=True)
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self.outcomes[file][report.outcome] += 1
        if report.when == "teardown" and self._is_done(file):
            counts = ", ".join(f"{number} {each}" for each, number in self.outcomes[file].items())
            self._say(f"{file:<48}{counts}, {self.seconds[file]:.1f} s")
        self._count(file)

    def pytest_runtest_logfinish(self) -> None:
        """Erase the live count after the last test, before pytest prints its summary."""
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
