"""`make help`: it lists every command and every variable of the Makefile."""

import re
import subprocess

import pytest

from workbench import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
COMMANDS = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
VARIABLES = re.findall(r"^([A-Z]+) *\?=", MAKEFILE, re.MULTILINE)
COLUMNS = 80


@pytest.fixture(scope="module")
def printed() -> str:
    return subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_describes_every_command(printed: str, command: str) -> None:
    assert re.search(rf"^  make {command} +[A-Z]\w+ ", printed, re.MULTILINE)


@pytest.mark.parametrize("variable", VARIABLES)
def test_help_describes_every_variable(printed: str, variable: str) -> None:
    assert re.search(rf"^  {variable}=.+ {{2,}}[A-Za-z]", printed, re.MULTILINE)


def test_help_fits_into_a_terminal(printed: str) -> None:
    assert [line for line in printed.splitlines() if len(line) > COLUMNS] == []
