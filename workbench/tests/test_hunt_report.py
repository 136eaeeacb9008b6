"""`make hunt-report`: the suite runs against broken copies, and a report names what it misses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.hunt import matrix, report
from workbench.hunt.catalogue import Bug, catalogue, chosen
from workbench.hunt.suite import Finding, Hunt, Look

NAME = "oversell-of-the-last-copy"
CARD = """---
title: Two customers get one book
kind: oversell
caught_by: test_rules/test_listing.py
---

Both are told that the last copy is theirs.
"""
HARMLESS = """[[edit]]
file = "impl_flask/bookstore/pagination.py"
find = "more = len(rows) > limit"
replace = "more = limit < len(rows)"
"""
UNKNOWN = HARMLESS.replace("len(rows) > limit", "a text that the file does not contain")


@pytest.fixture
def bug(tmp_path: Path) -> Bug:
    """The one bug of a catalogue, without edits."""
    folder = tmp_path / "bugs" / NAME
    folder.mkdir(parents=True)
    (folder / "card.md").write_text(CARD)
    return Bug.read(folder)


def measure(bug: Bug, tmp_path: Path, *options: str) -> int:
    """Run the suite against Flask with the bug, as `make hunt-report` does."""
    choice = report.arguments(["--bug", bug.name, "--impl", "flask", *options])
    return report.measure([bug], ["flask"], choice, whole=False, file=tmp_path / "hunt.json")


def test_a_bug_is_caught(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [bug] = chosen("cursor-skips-equal-sort-keys", catalogue())
    assert measure(bug, tmp_path) == 0
    assert "Caught: 1 of 1 (median: " in capsys.readouterr().out
    [written] = json.loads((tmp_path / "hunt.json").read_text())["findings"]
    assert written["outcome"] == "caught"
    assert written["test"].startswith("test_rules/test_listing.py::")


def test_an_edit_that_changes_no_behaviour_survives(
    bug: Bug, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bug.folder / "flask.toml").write_text(HARMLESS)
    assert measure(bug, tmp_path, "--no-control") == 1
    assert f"Not caught: {NAME} in flask" in capsys.readouterr().out


def finding(bug: Bug, implementation: str, look: Look) -> Finding:
    return Finding(bug, implementation, bug.caught_by, look)


def test_a_report_names_the_bugs_that_were_not_caught(bug: Bug, tmp_path: Path) -> None:
    caught = finding(bug, "flask", Look("caught", 6.25, "test_rules/test_listing.py::test_pages"))
    survived = finding(bug, "django", Look("survived", 9.0))
    untried = finding(bug, "fastapi", Look("inconclusive", reason="no fastapi.toml"))
    findings = [caught, survived, untried]
    assert matrix.line(caught).endswith("caught           6.2  test_pages")
    assert matrix.line(untried).endswith("\n    no fastapi.toml")
    assert matrix.matrix(findings)[1].split()[-3:] == ["6.2", "SURVIVED", "?"]
    assert matrix.escaped(findings) == [f"{NAME} in django", f"{NAME} in fastapi"]
    assert matrix.verdict(findings).splitlines() == [
        "Caught: 1 of 3 (median: 6 s)",
        f"Not caught: {NAME} in django, {NAME} in fastapi",
    ]
    matrix.write(findings, whole=False, file=tmp_path / "hunt.json")
    written = json.loads((tmp_path / "hunt.json").read_text())
    outcomes = [each["outcome"] for each in written["findings"]]
    assert outcomes == ["caught", "survived", "inconclusive"]


def test_a_report_without_survivors_says_how_soon_bugs_were_caught(bug: Bug) -> None:
    findings = [finding(bug, shop, Look("caught", 6.0)) for shop in ("flask", "django")]
    assert matrix.escaped(findings) == []
    assert matrix.verdict(findings) == "Caught: 2 of 2 (median: 6 s)"


def findings_of(bug: Bug, content: str) -> Iterator[Finding]:
    """Hunt the one bug in Flask, with these edits."""
    (bug.folder / "flask.toml").write_text(content)
    return (each for each in Hunt("sqlite").run(bug, "flask", [bug.caught_by]) if each)


def test_stale_edits_are_skipped_and_reported(bug: Bug) -> None:
    [stale] = findings_of(bug, f"stale = 'pages are being rewritten'\n{UNKNOWN}")
    assert stale.look == Look("stale", reason="pages are being rewritten")
    assert matrix.escaped([stale]) == []
    assert matrix.verdict([stale]).splitlines() == [
        "Caught: 0 of 0",
        f"Stale, not tried: {NAME} in flask",
    ]
    assert matrix.matrix([stale])[1].split()[-1] == "stale"


def test_edits_that_do_not_apply_are_inconclusive(bug: Bug) -> None:
    [untried] = findings_of(bug, UNKNOWN)
    assert untried.look.outcome == "inconclusive"
    assert "does not apply: impl_flask/bookstore/pagination.py" in untried.look.reason
    assert matrix.escaped([untried]) == [f"{NAME} in flask"]
