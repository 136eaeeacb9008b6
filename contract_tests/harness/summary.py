"""The summary at the end of a run: observed responses, parts, causes of failures, verdict."""

import json
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from harness import RESULTS, contract, options
from harness.causes import by_cause
from harness.guard import GUARD
from harness.report import Report, TestResult

OUTCOMES = ("passed", "failed", "skipped")
SHOWN = 10
"""How many failures are shown in full, each with a different cause."""
CAUSES = 40
SUBJECTS = 6


class Summary:
    """A pytest plugin that prints the summary."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None]:
        """Let pytest show one failure for each of the first causes, then print the summary."""
        causes = by_cause(self._report.results.values())
        first = {cause.tests[0].id for cause in causes[:SHOWN]}
        stats = terminalreporter.stats
        told = {kind: list(stats.get(kind, [])) for kind in ("failed", "error")}
        for kind, reports in told.items():
            stats[kind] = [each for each in reports if each.nodeid in first]
        yield
        stats.update(told)
        self._tell(terminalreporter)

    def _tell(self, terminal: TerminalReporter) -> None:
        """Print the observed responses, the parts, the causes and the verdict."""
        report = self._report
        if not options.compares(report.config):
            terminal.section(f"{report.target}: answers observed")
            terminal.write_line("\n".join(answers_table()))
        terminal.section(f"{report.target}: parts")
        results = list(report.results.values())
        terminal.write_line("\n".join(parts_table(results)))
        if skipped := reasons(results):
            terminal.write_line("\n".join(["", "Skipped:", *skipped]))
        if causes := causes_list(results):
            terminal.section(f"{report.target}: what is wrong")
            terminal.write_line("\n".join(causes))
            if not options.compares(report.config) and (silent := never_served()):
                told = f"Not once served ({len(silent)} of {len(contract.operations())} operations)"
                terminal.write_line(f"\n{told}: {', '.join(silent)}")
        terminal.write_line("")
        colour = {"red" if report.exit_status else "green": True}
        terminal.write_line(verdict(report, results), bold=True, **colour)
        terminal.write_line(f"Results: {_shown(report.file)}")


def answers_table() -> list[str]:
    """Return a line for each operation: how often each status was observed."""
    missing, excused = set(GUARD.missing()), GUARD.not_observable
    lines = []
    for operation in contract.operations():
        cells = []
        for status in operation.responses:
            pair = (operation.id, status)
            sign = "?" if pair in missing else "-" if pair in excused else GUARD.observed[pair]
            cells.append(f"{status}:{sign}")
        lines.append(f"{operation.id:<22}{'  '.join(cells)}")
    if missing:
        lines.append(f"? not observed ({len(missing)})")
    for reason in dict.fromkeys(excused.values()):
        pairs = [pair for pair, why in excused.items() if why == reason]
        lines.append(f"- not observable here ({len(pairs)}): {reason}")
    for (operation_id, status), request in GUARD.undocumented.items():
        lines.append(f"undocumented: {operation_id} answered {status} ({request})")
    return lines


def parts_table(results: list[TestResult]) -> list[str]:
    """Return a line for each part of the suite: its outcomes and its seconds."""
    lines = [f"{'part':<20}{''.join(f'{outcome:>9}' for outcome in OUTCOMES)}{'s':>9}"]
    for part in dict.fromkeys(result.part for result in results):
        own = [result for result in results if result.part == part]
        counts = Counter(result.outcome for result in own)
        cells = "".join(f"{counts[outcome] or '–':>9}" for outcome in OUTCOMES)
        seconds = sum(result.seconds for result in own)
        lines.append(f"{part.replace('_', ' '):<20}{cells}{seconds:>9.1f}")
    return lines


def reasons(results: list[TestResult]) -> list[str]:
    """Return how many tests were skipped for each reason."""
    told = Counter(
        (result.reason or "").removeprefix("Skipped: ")
        for result in results
        if result.outcome == "skipped"
    )
    return [f"  {number} × {reason}" for reason, number in told.most_common()]


def causes_list(results: list[TestResult]) -> list[str]:
    """Return each cause, how often and where it occurred, and a command that shows it once."""
    causes, lines = by_cause(results), []
    for cause in causes[:CAUSES]:
        subjects = list(cause.subjects)
        more = f" and {len(subjects) - SUBJECTS} more" if len(subjects) > SUBJECTS else ""
        lines.append(f"{len(cause.tests):>5} × {cause.told}")
        if subjects:
            lines.append(f"        {', '.join(subjects[:SUBJECTS])}{more}")
        lines.append(f"        {cause.tests[0].reproduce or cause.tests[0].id}")
    if len(causes) > CAUSES:
        lines.append(f"and {len(causes) - CAUSES} other causes; all failures are in the results")
    return lines


def never_served() -> list[str]:
    """Return the operations that never responded with a success."""
    return [
        operation.id
        for operation in contract.operations()
        if not any(
            GUARD.observed[operation.id, status] for status in operation.responses if status < 300
        )
    ]


def verdict(report: Report, results: list[TestResult]) -> str:
    """Return the verdict in one line: whether the target holds the contract."""
    counts = Counter(result.outcome for result in results)
    seconds = f"{report.seconds:.0f} s"
    if report.exit_status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return f"{report.target}: the run was interrupted, so there is no verdict; {seconds}"
    if counts["failed"] and options.compares(report.config):
        return f"{report.target} respond differently; {seconds}"
    if counts["failed"]:
        parts = dict.fromkeys(result.part for result in results if result.outcome == "failed")
        where = ", ".join(part.replace("_", " ") for part in parts)
        return (
            f"{report.target} breaks the contract: {counts['failed']} of {len(results)} tests "
            f"failed ({where}); {seconds}"
        )
    if partial := options.is_partial(report.config):
        return f"{report.target}: {counts['passed']} tests passed ({partial}); {seconds}"
    seen = sum(1 for number in GUARD.observed.values() if number)
    return (
        f"{report.target} holds the contract: {counts['passed']} tests passed, "
        f"{counts['skipped']} skipped; {len(contract.operations())} operations, {seen} kinds of "
        f"answer observed; {seconds}"
    )


def comparison(implementations: list[str]) -> list[str]:
    """Return a line for the last run of each implementation."""
    lines = []
    for name in implementations:
        run = json.loads((RESULTS / f"{name}.json").read_text())
        counts = ", ".join(f"{number} {outcome}" for outcome, number in run["outcomes"].items())
        missing = f"{len(run['missing'])} pairs not observed" if run["missing"] else "all observed"
        lines.append(f"{run['target']:<10}{counts}; {missing}; {run['seconds']:.0f} s")
    return lines


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
