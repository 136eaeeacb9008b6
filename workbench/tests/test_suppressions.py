"""Suppressions of linters: each names its rule and gives a reason."""

from pathlib import Path

import pytest

from workbench.suppressions import is_explained, python_files, unexplained


@pytest.mark.parametrize(
    "comment",
    [
        "# A comment that suppresses nothing.",
        "# noqa: S311 -- jitter is not a secret",
        "# noqa: F401, PLC0415 -- workers share the import",
        "# type: ignore[call-arg, misc]  # the library has no type hints",
    ],
)
def test_a_rule_with_a_reason_is_accepted(comment: str) -> None:
    assert is_explained(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa -- the reason",
        "#noqa: S311",
        "# noqa: S311",
        "# noqa: S311 -- ",
        "# noqa: S311  # the reason",
        "# A comment  # noqa: S311",
        "# type: ignore",
        "# type: ignore  # the reason",
        "# type: ignore[misc]",
        "# type: ignore[misc] the reason",
        "# ruff: noqa: S311 -- the whole file",
        "# mypy: ignore-errors",
        "# fmt: off",
    ],
)
def test_a_missing_rule_or_reason_is_rejected(comment: str) -> None:
    assert not is_explained(comment)


def test_the_line_of_a_comment_is_found_and_a_string_is_not_a_comment(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text('TEXT = "# noqa"\n\nimport os  # noqa: F401\n')
    assert list(unexplained(file)) == [(3, "# noqa: F401")]


def test_this_file_is_checked() -> None:
    assert Path(__file__).resolve() in python_files()
