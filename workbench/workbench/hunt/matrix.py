"""The output of `make hunt-report`: a line for each finding, the kill matrix, and `hunt.json`."""

import json
import statistics
import time
from pathlib import Path

from workbench import ROOT
from workbench.hunt.catalogue import LONGEST_SLUG
from workbench.hunt.suite import Finding

RESULTS = ROOT / "contract_tests" / "results" / "hunt.json"
NAME = LONGEST_SLUG + 2
"""The width of the column that names the bug."""
HEADING = f"{'bug':<{NAME}}{'shop':<9}{'part':<38}{'':<14}{'s':>6}  test"
SHOWN = {"survived": "SURVIVED", "inconclusive": "?", "stale": "stale"}


def line(finding: Finding) -> str:
    """Return one line for a finding, followed by its reason if it has one."""
    name = f"{finding.bug.name:<{NAME}}{finding.implementation:<9}{finding.part:<38}"
    outcome = "SURVIVED" if finding.look.outcome == "survived" else finding.look.outcome
    shown = f"{name}{outcome:<14}{finding.look.seconds:>6.1f}  {_short(finding)}"
    reason = [f"    {text}" for text in finding.look.reason.splitlines()]
    return "\n".join([shown.rstrip(), *reason])


def matrix(findings: list[Finding]) -> list[str]:
    """Return a row for each bug and a column for each implementation: seconds until caught."""
    shops = list(dict.fromkeys(finding.implementation for finding in findings))
    found = {(each.bug, each.implementation): each for each in findings}
    columns = "".join(f"{shop:>10}" for shop in shops)
    lines = [f"{'bug':<{NAME}}{'kind':<24}{'caught by':<38}{columns}"]
    for bug in dict.fromkeys(finding.bug for finding in findings):
        cells = "".join(f"{_cell(found.get((bug, shop))):>10}" for shop in shops)
        lines.append(f"{bug.name:<{NAME}}{bug.kind:<24}{bug.caught_by:<38}{cells}")
    return lines


def matrix_of_parts(findings: list[Finding]) -> list[str]:
    """Return a row for each bug and implementation, and a column for each part of the suite."""
    parts = list(dict.fromkeys(finding.part for finding in findings))
    heads = [part.removeprefix("test_").removesuffix(".py") for part in parts]
    columns = "".join(f"{head:>{len(head) + 2}}" for head in heads)
    lines = [f"{'bug':<{NAME}}{'shop':<9}{columns}"]
    found = {(each.bug, each.implementation, each.part): each for each in findings}
    for bug, shop in dict.fromkeys((each.bug, each.implementation) for each in findings):
        cells = "".join(
            f"{_cell(found.get((bug, shop, part))):>{len(head) + 2}}"
            for part, head in zip(parts, heads, strict=True)
        )
        lines.append(f"{bug.name:<{NAME}}{shop:<9}{cells}")
    return lines


def verdict(findings: list[Finding]) -> str:
    """Return how many bugs were caught, and the names of the others; one bug counts per shop."""
    stale, lost = skipped(findings), escaped(findings)
    tried = len(_pairs(findings)) - len(stale)
    caught = [finding.look.seconds for finding in findings if finding.look.outcome == "caught"]
    median = f" (median: {statistics.median(caught):.0f} s)" if caught else ""
    lines = [f"Caught: {tried - len(lost)} of {tried}{median}"]
    lines += [f"Not caught: {', '.join(lost)}"] if lost else []
    lines += [f"Stale, not tried: {', '.join(stale)}"] if stale else []
    return "\n".join(lines)


def escaped(findings: list[Finding]) -> list[str]:
    """Name the bugs that no part caught: those that survived and those without a result."""
    return _named(findings, {"survived", "inconclusive"})


def skipped(findings: list[Finding]) -> list[str]:
    """Name the bugs whose edits are stale."""
    return _named(findings, {"stale"})


def write(findings: list[Finding], *, whole: bool, file: Path) -> None:
    """Write `hunt.json`; `whole` if it has every bug in every implementation."""
    content = {
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "whole": whole,
        "findings": [finding.as_json() for finding in findings],
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _pairs(findings: list[Finding]) -> dict[tuple[str, str], set[str]]:
    """Return the outcomes of each bug in each implementation."""
    outcomes: dict[tuple[str, str], set[str]] = {}
    for each in findings:
        outcomes.setdefault((each.bug.name, each.implementation), set()).add(each.look.outcome)
    return outcomes


def _named(findings: list[Finding], outcomes: set[str]) -> list[str]:
    pairs = _pairs(findings).items()
    return [f"{bug} in {shop}" for (bug, shop), found in pairs if found <= outcomes]


def _short(finding: Finding) -> str:
    """Return the test's id without the part that it begins with."""
    test = finding.look.test or ""
    return test.removeprefix(finding.part).removeprefix("/").removeprefix("::")


def _cell(finding: Finding | None) -> str:
    if finding is None:
        return ""
    if finding.look.outcome == "caught":
        return f"{finding.look.seconds:.1f}"
    if finding.look.outcome == "survived" and finding.part != finding.bug.caught_by:
        return "·"
    return SHOWN[finding.look.outcome]
