"""The hooks of .pre-commit-config.yaml run targets that the Makefile has, for every project."""

import shlex
import subprocess

import pytest
import yaml

from workbench import ROOT

CONFIGURATION = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
HOOKS = [hook for repository in CONFIGURATION["repos"] for hook in repository["hooks"]]
PROJECTS = sorted(file.parent.name for file in ROOT.glob("*/pyproject.toml"))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_target_of_the_makefile(hook: dict[str, str]) -> None:
    program, *arguments = shlex.split(hook["entry"])
    assert program == "make"
    done = subprocess.run(
        ["make", "--dry-run", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_project_has_its_hooks() -> None:
    ids = {hook["id"] for hook in HOOKS}
    assert {f"ruff-{project}" for project in PROJECTS} <= ids
    assert {f"types-{project}" for project in PROJECTS} <= ids
