"""The catalogue of seeded bugs is in order, and a bug can be applied to a copy."""

import re
from pathlib import Path

import pytest

from workbench import ROOT
from workbench.documents import markdown_files
from workbench.hunt.catalogue import BUGS as FOLDER
from workbench.hunt.catalogue import Bug, catalogue, chosen, sample
from workbench.hunt.copies import copy_of_the_repository, require_own_code
from workbench.hunt.suite import SLIP, SUITE
from workbench.processes import FailedError
from workbench.shops import implementations

BUGS = catalogue()
ENOUGH, MANY = 60, 20
COUNT = re.compile(
    r"\b(\d+|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred)\s+((seeded|such|different)\s+)?bugs\b"
)
CARD = """---
title: Two customers get one book
kind: oversell
caught_by: test_concurrency
database: postgres
exercise: hard
---

Both are told that the last copy is theirs.
"""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_card_describes_the_symptom_and_not_the_place(bug: Bug) -> None:
    assert (SUITE / bug.caught_by).exists()
    assert bug.database in {None, "postgres"}
    assert not bug.title.endswith(".")
    files = [file for name in implementations() for file in bug.edits(name).files]
    assert not [file for file in files if Path(file).name in bug.story]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_folder_holds_a_card_and_an_edits_file_for_each_implementation(bug: Bug) -> None:
    names = {path.name for path in bug.folder.iterdir()}
    assert names == {"card.md", *(f"{name}.toml" for name in implementations())}


def test_the_catalogue_has_enough_bugs_of_many_kinds() -> None:
    assert len(BUGS) >= ENOUGH
    assert len({bug.kind for bug in BUGS}) >= MANY
    parts = {bug.caught_by.partition("/")[0].removesuffix(".py") for bug in BUGS}
    assert {"test_concurrency", "test_faults", "test_lockstep", "test_model"} <= parts
    assert {"test_rules", "test_security", "test_wire"} <= parts
    assert {bug.exercise for bug in BUGS} == {None, "easy", "medium", "hard"}


@pytest.mark.parametrize("file", markdown_files(ROOT), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_document_states_the_number_of_bugs(file: Path) -> None:
    """The number would be wrong after the next new bug."""
    assert not COUNT.search(file.read_text())


def test_a_document_that_states_the_number_is_recognized() -> None:
    assert COUNT.search(f"The catalogue has {len(BUGS)} bugs.")
    assert COUNT.search("more than eighty seeded bugs")


@pytest.fixture
def one_bug(tmp_path: Path) -> Path:
    """A catalogue of one bug, without edits."""
    folder = tmp_path / "oversell-of-the-last-copy"
    folder.mkdir()
    (folder / "card.md").write_text(CARD)
    return tmp_path


def test_a_card_is_read(one_bug: Path) -> None:
    (bug,) = catalogue(one_bug)
    assert (bug.name, bug.kind) == ("oversell-of-the-last-copy", "oversell")
    assert (bug.caught_by, bug.database, bug.exercise) == ("test_concurrency", "postgres", "hard")
    assert bug.story == "Both are told that the last copy is theirs."


@pytest.mark.parametrize(
    "card",
    [
        "",
        CARD.replace("kind", "sort"),
        CARD.replace("---\n\nBoth", "Both"),
        CARD.replace("hard", "impossible"),
    ],
)
def test_a_card_of_another_format_is_named(one_bug: Path, card: str) -> None:
    (one_bug / "oversell-of-the-last-copy" / "card.md").write_text(card)
    with pytest.raises(FailedError, match="oversell-of-the-last-copy"):
        catalogue(one_bug)


@pytest.mark.parametrize("name", ["Oversell-Of-A-Copy", "oversell", "oversell_of_a_copy"])
def test_a_folder_that_is_not_named_by_a_slug_is_named(one_bug: Path, name: str) -> None:
    (one_bug / "oversell-of-the-last-copy").rename(one_bug / name)
    with pytest.raises(FailedError, match=f"{name}: the name is a slug"):
        catalogue(one_bug)


def test_bugs_are_chosen_by_slug_or_by_a_unique_part() -> None:
    [oversell] = chosen("oversell", BUGS)
    assert oversell.name == "oversell-under-concurrency"
    assert chosen(oversell.name, BUGS) == [oversell]
    assert [bug.name for bug in chosen("n-plus-one, oversell", BUGS)] == [
        "n-plus-one-queries-in-book-list",
        oversell.name,
    ]
    assert chosen("", BUGS) == BUGS


def test_a_slug_that_another_one_contains_is_unique(one_bug: Path) -> None:
    [last] = catalogue(one_bug)
    longer = one_bug / f"{last.name}-again"
    last.folder.rename(longer)
    assert chosen(last.name, [last, Bug.read(longer)]) == [last]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("oversel1", "There is no bug oversel1"),
        ("lost-update", "Several bugs have lost-update in their names: lost-update-in-cart, "),
    ],
)
def test_an_unknown_or_ambiguous_name_is_rejected(word: str, message: str) -> None:
    with pytest.raises(FailedError, match=message):
        chosen(f"oversell,{word}", BUGS)


def test_a_sample_is_reproducible_and_a_new_bug_displaces_at_most_one() -> None:
    size = 20
    for new in BUGS:
        before = sample([bug for bug in BUGS if bug != new], size)
        assert len(before) == size
        assert len(set(before) - set(sample(BUGS, size))) <= 1
    assert sample(BUGS, size) == sample(BUGS[::-1], size)
    assert sample(BUGS, len(BUGS) + 1) == BUGS


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
def test_a_mistake_in_an_edit_is_distinguished_from_the_bug(logged: str, slip: str) -> None:
    found = SLIP.search('{"exception": "Traceback (most recent call last):' + logged + '"}')
    assert (found[0] if found else "").startswith(slip)
    assert bool(found) == bool(slip)


def test_a_copy_runs_its_own_code_and_is_deleted() -> None:
    original = ROOT / "impl_flask" / "bookstore" / "pagination.py"
    [bug] = chosen("page-limit-unbounded", BUGS)
    before = original.read_text()
    with copy_of_the_repository() as folder:
        for implementation in implementations():
            require_own_code(folder / f"impl_{implementation}")
        bug.edits("flask").apply(folder)
        assert (folder / original.relative_to(ROOT)).read_text() != before
        assert not (folder / FOLDER.relative_to(ROOT)).exists()
    assert original.read_text() == before
    assert not folder.parent.exists()
