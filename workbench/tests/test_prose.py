"""Wording that a reader has to read twice is found, and plain sentences are left alone."""

import subprocess
from pathlib import Path

import pytest

from workbench import prose

PLAIN = [
    "The value is not a UUID, and there is no default.",
    "The client that holds the key gets the stored response.",
    "The lock is no longer held.",
    "Who is allowed to do this?",
    "The contract specifies the order.",
]
UNCLEAR = [
    "This is no UUID.",
    "Nobody waits for it.",
    "The row is locked. Who comes second waits.",
    "The body, as the contract has it.",
    "Pins the requirements anew.",
    "That depends on the state of things.",
]


@pytest.mark.parametrize("sentence", PLAIN)
def test_a_plain_sentence_passes(sentence: str) -> None:
    assert list(prose.findings("page.md", sentence)) == []


@pytest.mark.parametrize("sentence", UNCLEAR)
def test_an_unclear_sentence_is_found_in_every_kind_of_file(sentence: str) -> None:
    for name, text, number in (
        ("page.md", f"# Title\n\n{sentence}\n", 3),
        ("module.py", f'"""Say what this module does."""\n\n# {sentence}\n', 3),
        ("module.py", f'"""Say what this module does.\n\n{sentence}\n"""\n', 3),
        ("settings.yaml", f"# {sentence}\n", 1),
    ):
        (found,) = prose.findings(name, text)
        assert found.number == number
        assert found.text.removeprefix("# ") == sentence


def test_code_of_a_page_is_not_prose() -> None:
    text = f"Write `is not a`, not `is no UUID`.\n\n```\n{UNCLEAR[0]}\n```\n"
    assert list(prose.findings("page.md", text)) == []


def test_code_of_a_module_is_not_prose() -> None:
    text = f'"""Say what this module does."""\n\nMESSAGE = "{UNCLEAR[0]}"\n'
    assert list(prose.findings("module.py", text)) == []


@pytest.mark.parametrize("docstring", ["The truth.", "Of one of so many.", "Its own name only."])
def test_a_docstring_without_a_meaning_of_its_own_is_found(docstring: str) -> None:
    assert list(prose.findings("module.py", f'def f():\n    """{docstring}"""\n'))


@pytest.mark.parametrize("docstring", ["getBook.", "Delete an author.", "Return 204 No Content."])
def test_a_docstring_that_says_something_passes(docstring: str) -> None:
    assert not list(prose.findings("module.py", f'def f():\n    """{docstring}"""\n'))


def test_a_path_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["prose", "no-such-page.md"])
    with pytest.raises(SystemExit):
        prose.main()


def test_only_the_lines_that_a_commit_adds_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["prose", "--staged"])
    page = tmp_path / "page.md"
    commit = ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet"]

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)

    git("init", "--quiet")
    page.write_text(f"{UNCLEAR[0]}\n")
    git("add", "page.md")
    git(*commit, "--message", "Add a page")

    page.write_text(f"{UNCLEAR[0]}\n{PLAIN[0]}\n")
    git("add", "page.md")
    assert prose.main() == 0

    page.write_text(f"{PLAIN[1]}\n{UNCLEAR[0]}\n{PLAIN[0]}\n{UNCLEAR[1]}\n")
    git("add", "page.md")
    page.write_text("This line is not staged, and is no finding.\n")
    assert prose.main() == 1
    assert [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()] == ["page.md:4"]
