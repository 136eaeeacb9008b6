"""That the catalogue of seeded bugs is in order, and that a hunt tells what it finds."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import ROOT
from workbench import hunt_report as report
from workbench.hunt_bugs import Bug, catalogue, chosen
from workbench.hunt_copies import copy_of_the_repository, require_own_code
from workbench.hunt_suite import SLIP, SUITE, Finding, Look
from workbench.processes import FailedError
from workbench.shops import implementations

BUGS = catalogue()
ENOUGH, MANY = 81, 20  # "more than eighty", README.md and docs/08-testing.md say
CARD = """---
title: Two customers get one book
kind: oversell
caught_by: test_concurrency
database: postgres
---

Both are told that it is theirs.
"""


@pytest.mark.parametrize("implementation", implementations())
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_patch_applies(bug: Bug, implementation: str) -> None:
    bug.apply(implementation, ROOT, check=True)


@pytest.mark.parametrize("implementation", implementations())
def test_patches_use_only_names_that_there_are(implementation: str, tmp_path: Path) -> None:
    """One that still applies, though what it uses has gone, would break something else."""
    for bug in BUGS:
        for file in patched(bug, implementation):
            copy = tmp_path / bug.name / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, copy)
        bug.apply(implementation, tmp_path / bug.name)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    told = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def patched(bug: Bug, implementation: str) -> list[str]:
    """The files that its patch changes."""
    lines = bug.patch(implementation).read_text().splitlines()
    return [line[6:] for line in lines if line.startswith("+++ b/")]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_card_says_what_is_suffered_and_not_where(bug: Bug) -> None:
    assert (SUITE / bug.caught_by).exists()
    assert bug.database in {None, "postgres"}
    assert not bug.title.endswith(".")
    files = [file for name in implementations() for file in patched(bug, name)]
    assert not [file for file in files if Path(file).name in bug.story]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_patch_touches_its_implementation_only(bug: Bug) -> None:
    for implementation in implementations():
        for line in bug.patch(implementation).read_text().splitlines():
            if line.startswith(("--- ", "+++ ")):
                assert line[6:].startswith(f"impl_{implementation}/")


def test_there_are_enough_of_many_kinds() -> None:
    assert len(BUGS) >= ENOUGH
    assert len({bug.kind for bug in BUGS}) >= MANY
    parts = {bug.caught_by.partition("/")[0].removesuffix(".py") for bug in BUGS}
    assert {"test_concurrency", "test_faults", "test_lockstep", "test_model"} <= parts
    assert {"test_rules", "test_security", "test_wire"} <= parts


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A catalogue of one bug."""
    folder = tmp_path / "007-oversell"
    folder.mkdir()
    (folder / "card.md").write_text(CARD)
    return tmp_path


def test_a_card_is_read(shelf: Path) -> None:
    (bug,) = catalogue(shelf)
    assert (bug.number, bug.name, bug.kind) == ("007", "007-oversell", "oversell")
    assert (bug.caught_by, bug.database) == ("test_concurrency", "postgres")
    assert bug.story == "Both are told that it is theirs."


@pytest.mark.parametrize(
    "card", ["", CARD.replace("kind", "sort"), CARD.replace("---\n\nBoth", "Both")]
)
def test_a_bad_card_is_named(shelf: Path, card: str) -> None:
    (shelf / "007-oversell" / "card.md").write_text(card)
    with pytest.raises(FailedError, match="007-oversell"):
        catalogue(shelf)


@pytest.mark.parametrize("word", ["7", "007", "oversell", "007-oversell"])
def test_a_bug_has_a_number_and_a_name(shelf: Path, word: str) -> None:
    bugs = catalogue(shelf)
    assert chosen(word, bugs) == chosen("", bugs) == bugs
    with pytest.raises(FailedError, match="There is no bug 8"):
        chosen(f"{word},8", bugs)


def test_a_missing_patch_is_named(shelf: Path) -> None:
    (bug,) = catalogue(shelf)
    with pytest.raises(FailedError, match=r"007-oversell has no flask\.patch"):
        bug.apply("flask", ROOT, check=True)


def test_a_patch_that_does_not_apply_is_named(shelf: Path) -> None:
    (bug,) = catalogue(shelf)
    bug.patch("flask").write_text("--- a/no.py\n+++ b/no.py\n@@ -1 +1 @@\n-old\n+new\n")
    with pytest.raises(FailedError, match=r"007-oversell/flask\.patch does not apply"):
        bug.apply("flask", ROOT, check=True)


@pytest.mark.parametrize(
    ("logged", "slip"),
    [
        (r"in _cancel\nNameError: name '_line' is not defined\n", "NameError: name '_line' is not"),
        (
            r"\nsqlalchemy.exc.StatementError: (… 'order_id'\n[SQL: ",
            "StatementError: (… 'order_id'",
        ),
        (r"\nsqlite3.IntegrityError: CHECK constraint failed: ck_books_stock\n", ""),
    ],
)
def test_a_slip_of_a_patch_is_told_from_what_it_breaks(logged: str, slip: str) -> None:
    found = SLIP.search('{"exception": "Traceback (most recent call last):' + logged + '"}')
    assert (found[0] if found else "").startswith(slip)
    assert bool(found) == bool(slip)


def test_a_copy_runs_its_own_code_and_goes() -> None:
    original = ROOT / "impl_flask" / "bookstore" / "pagination.py"
    bug = next(bug for bug in BUGS if bug.name.endswith("-limit-unbounded"))
    before = original.read_text()
    with copy_of_the_repository() as folder:
        for implementation in implementations():
            require_own_code(folder / f"impl_{implementation}")
        bug.apply("flask", folder)
        assert (folder / original.relative_to(ROOT)).read_text() != before
    assert original.read_text() == before
    assert not folder.parent.exists()


def found(shelf: Path, implementation: str, look: Look) -> Finding:
    (bug,) = catalogue(shelf)
    return Finding(bug, implementation, bug.caught_by, look)


def test_a_report_names_what_escaped(shelf: Path, tmp_path: Path) -> None:
    caught = found(
        shelf, "flask", Look("caught", 6.25, "test_concurrency/test_sales.py::test_sixty")
    )
    survived = found(shelf, "django", Look("survived", 9.0))
    untried = found(shelf, "fastapi", Look("no verdict", told="no flask.patch"))
    findings = [caught, survived, untried]
    assert report.line(caught).endswith("caught       6.2  test_sales.py::test_sixty")
    assert report.line(untried).endswith("\n    no flask.patch")
    assert report.matrix(findings)[1].split()[-3:] == ["6.2", "SURVIVED", "?"]
    escaped = report.escaped(findings)
    assert escaped == ["007-oversell in django", "007-oversell in fastapi"]
    assert report.verdict(findings, escaped).startswith("1 of 3 breaks noticed; not: 007")
    report.write(findings, whole=False, file=tmp_path / "hunt.json")
    written = json.loads((tmp_path / "hunt.json").read_text())
    assert [each["outcome"] for each in written["findings"]] == ["caught", "survived", "no verdict"]


def test_a_report_of_all_caught_says_how_soon(shelf: Path) -> None:
    findings = [found(shelf, shop, Look("caught", 6.0)) for shop in ("flask", "django")]
    assert report.escaped(findings) == []
    assert report.verdict(findings, []) == "All 2 breaks noticed, each in 6 s (median)"
