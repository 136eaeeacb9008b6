"""What a hunt prints: a line for each finding as it comes, and in the end who noticed what."""

import json
import statistics
import time
from pathlib import Path

from workbench import ROOT
from workbench.hunt_suite import Finding

RESULTS = ROOT / "contract_tests" / "results" / "hunt.json"
HEADING = f"{'bug':<34}{'shop':<9}{'part':<36}{'':<10}{'s':>6}  test"


def line(finding: Finding) -> str:
    """One finding, with what there is to tell of it below."""
    name = f"{finding.bug.name:<34}{finding.implementation:<9}{finding.part:<36}"
    outcome = "SURVIVED" if finding.look.outcome == "survived" else finding.look.outcome
    shown = f"{name}{outcome:<10}{finding.look.seconds:>6.1f}  {_short(finding)}"
    told = [f"    {told}" for told in finding.look.told.splitlines()]
    return "\n".join([shown.rstrip(), *told])


def matrix(findings: list[Finding]) -> list[str]:
    """A line for each bug, a column for each implementation: seconds until it was noticed."""
    shops = list(dict.fromkeys(finding.implementation for finding in findings))
    found = {(each.bug, each.implementation): each for each in findings}
    lines = [f"{'bug':<34}{'kind':<24}{'caught by':<36}" + "".join(f"{shop:>10}" for shop in shops)]
    for bug in dict.fromkeys(finding.bug for finding in findings):
        cells = "".join(f"{_cell(found.get((bug, shop))):>10}" for shop in shops)
        lines.append(f"{bug.name:<34}{bug.kind:<24}{bug.caught_by:<36}{cells}")
    return lines


def matrix_of_parts(findings: list[Finding]) -> list[str]:
    """A line for each bug and implementation, a column for each part of the suite."""
    parts = list(dict.fromkeys(finding.part for finding in findings))
    heads = [part.removeprefix("test_").removesuffix(".py") for part in parts]
    lines = [f"{'bug':<34}{'shop':<9}" + "".join(f"{head:>{len(head) + 2}}" for head in heads)]
    found = {(each.bug, each.implementation, each.part): each for each in findings}
    for bug, shop in dict.fromkeys((each.bug, each.implementation) for each in findings):
        cells = "".join(
            f"{_cell(found.get((bug, shop, part))):>{len(head) + 2}}"
            for part, head in zip(parts, heads, strict=True)
        )
        lines.append(f"{bug.name:<34}{shop:<9}{cells}")
    return lines


def verdict(findings: list[Finding], escaped: list[str]) -> str:
    """One line; `escaped` names the bugs that nobody noticed, or that could not be tried."""
    breaks = len({(finding.bug, finding.implementation) for finding in findings})
    if escaped:
        return f"{breaks - len(escaped)} of {breaks} breaks noticed; not: {', '.join(escaped)}"
    seconds = [finding.look.seconds for finding in findings if finding.look.outcome == "caught"]
    return f"All {breaks} breaks noticed, each in {statistics.median(seconds):.0f} s (median)"


def escaped(findings: list[Finding]) -> list[str]:
    """The breaks that no part noticed."""
    noticed = {
        (each.bug, each.implementation) for each in findings if each.look.outcome == "caught"
    }
    every = dict.fromkeys((each.bug, each.implementation) for each in findings)
    return [f"{bug.name} in {shop}" for bug, shop in every if (bug, shop) not in noticed]


def write(findings: list[Finding], *, whole: bool, file: Path = RESULTS) -> None:
    """For machines; `whole` if every bug was let loose in every implementation."""
    content = {
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "whole": whole,
        "findings": [finding.as_json() for finding in findings],
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _short(finding: Finding) -> str:
    """The test without the part, where it begins with it."""
    test = finding.look.test or ""
    return test.removeprefix(finding.part).removeprefix("/").removeprefix("::")


def _cell(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return {
        "caught": f"{finding.look.seconds:.1f}",
        "survived": "·" if finding.part != finding.bug.caught_by else "SURVIVED",
        "no verdict": "?",
    }[finding.look.outcome]
