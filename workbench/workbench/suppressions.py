"""Check that each `noqa` and `type: ignore` names its rule and gives a reason on the same line.

workbench/.venv/bin/python -m workbench.suppressions     # `make lint` runs it
"""

import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from workbench import ROOT

SUPPRESSION = re.compile(
    r"#\s*(noqa|type:\s*ignore|(ruff|flake8):\s*noqa|fmt:|mypy:)", re.IGNORECASE
)
NOQA = re.compile(r"# noqa: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)* -- \S.*")
TYPE_IGNORE = re.compile(r"# type: ignore\[[a-z-]+(, [a-z-]+)*\]  # \S.*")
ADVICE = "write `# noqa: S311 -- the reason` or `# type: ignore[misc]  # the reason`"


def main() -> int:
    """Print each comment without a rule or a reason; return the exit status."""
    found = [
        f"{file.relative_to(ROOT)}:{line}: {comment}"
        for file in python_files()
        for line, comment in unexplained(file)
    ]
    for each in found:
        print(each, file=sys.stderr)
    if found:
        print(ADVICE, file=sys.stderr)
    return bool(found)


def python_files() -> list[Path]:
    """Return every Python file of the repository that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = (ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name)
    return [file for file in files if file.is_file()]


def unexplained(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each suppression that names no rule or gives no reason."""
    with file.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type == tokenize.COMMENT and not is_explained(token.string):
                yield token.start[0], token.string


def is_explained(comment: str) -> bool:
    """Whether a comment suppresses nothing, or names the rule and gives a reason."""
    return not SUPPRESSION.search(comment) or bool(
        NOQA.fullmatch(comment) or TYPE_IGNORE.fullmatch(comment)
    )


if __name__ == "__main__":
    sys.exit(main())
