"""The check of each exercise fails before the exercise is solved, and accepts the solution."""

import subprocess
import sys

import pytest

from workbench import ROOT
from workbench.databases import has_postgres
from workbench.documents import Block, blocks

DOCS = ROOT / "docs"
EXERCISES = DOCS / "exercises"
LESSONS = sorted(folder.parent.name for folder in EXERCISES.glob("*/solution"))
ON_POSTGRES = {"04-databases"}


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("solved", [False, True], ids=["unsolved", "solved"])
def test_the_check_accepts_only_the_solution(lesson: str, solved: bool) -> None:
    if lesson in ON_POSTGRES and not has_postgres():
        pytest.skip("needs a PostgreSQL server")
    command = [sys.executable, str(EXERCISES / "check.py"), lesson]
    command += ["--solution"] if solved else []
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    if solved:
        assert (done.returncode, done.stdout) == (0, f"{lesson}: solved\n"), done.stderr
        return
    assert done.returncode == 1, done.stdout + done.stderr
    [shown] = block_of(lesson).outputs
    assert shown.is_matched_by(done.stdout), f"{shown.place}, but printed is:\n{done.stdout}"


def block_of(lesson: str) -> Block:
    [block] = [
        block
        for block in blocks(DOCS / f"{lesson}.md")
        if block.kind == "run" and f"check.py {lesson}" in block.text
    ]
    return block
