"""`make clients`: what it tries, what it reports, and that its README shows the same commands."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.clients.__main__ import chosen
from workbench.clients.names import EXPECTED, check_names, made_up
from workbench.clients.steps import Runner
from workbench.clients.table import Table
from workbench.clients.tools import CONTRACT, FOLDER, MOCK, TOOLS, Tool
from workbench.processes import FailedError, Processes
from workbench.shops import Shop

README = (FOLDER / "README.md").read_text()

SCHEMAS = "\n".join(f"class {name}: ..." for name in EXPECTED)
GENERATE = f"mkdir generated; echo '{SCHEMAS}' > generated/models.py"


def names(tools: list[Tool]) -> list[str]:
    return [tool.name for tool in tools]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tools with one tool."""
    monkeypatch.setattr("workbench.clients.tools.FOLDER", tmp_path)
    (tmp_path / "package.json").write_text('{"dependencies": {}, "devDependencies": {}}')
    (tmp_path / "requirements.txt").write_text("generator==1.2.3 \\\n    --hash=sha256:0\n")
    (tmp_path / "tool").mkdir()
    return tmp_path


def tool(*, generate: str = GENERATE, compile_: str = "true", buy: str = "true") -> Tool:
    return Tool("tool", package="generator", generate=generate, compile=(compile_,), buy=buy)


TryTool = Callable[[Tool], tuple[str, list[str]]]


@pytest.fixture
def try_tool(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[TryTool]:
    """A function that tries a tool with two shops, and returns its row and the faults."""
    with Processes() as processes:

        def tried(one: Tool) -> tuple[str, list[str]]:
            table = Table([Shop(name, 1, "", "") for name in ("flask", "django")])
            table.print_row(Runner(one, processes, folder / "log"))
            return " ".join(capsys.readouterr().out.split()), table.faults

        yield tried


def test_a_client_that_buys_in_each_shop_has_no_fault(try_tool: TryTool) -> None:
    row, faults = try_tool(tool(buy='test "$BOOKSTORE_URL" = http://127.0.0.1:1'))
    assert (row, faults) == ("tool 1.2.3 yes yes yes yes", [])


@pytest.mark.parametrize(
    ("one", "cells", "fault"),
    [
        (tool(generate="echo no such option; exit 3"), "no", "no such option"),
        (tool(generate="mkdir generated"), "no", "does not contain BookPage"),
        (tool(compile_="echo undefined: Book; exit 1"), "yes no", "undefined: Book"),
        (tool(buy="echo 404; exit 1"), "yes yes no no", "404"),
    ],
    ids=["generates", "names", "compiles", "buys"],
)
def test_a_step_that_fails_is_reported(
    try_tool: TryTool, one: Tool, cells: str, fault: str
) -> None:
    row, faults = try_tool(one)
    assert row == f"tool 1.2.3 {cells}"
    assert faults
    assert all(fault in each for each in faults)


def test_a_client_of_an_earlier_run_is_deleted(try_tool: TryTool, folder: Path) -> None:
    stale = folder / "tool" / "generated" / "stale.py"
    stale.parent.mkdir()
    stale.write_text("class Type1: ...")
    assert try_tool(tool())[1] == []
    assert not stale.exists()


@pytest.mark.parametrize(
    "name", ["Type1", "Status2", "Data", "InlineObject", "InlineResponse200", "OrderOneOf"]
)
def test_a_name_that_a_generator_made_up_is_rejected(tmp_path: Path, name: str) -> None:
    (tmp_path / "models.ts").write_text(SCHEMAS + f"\nexport interface {name} {{}}\n")
    with pytest.raises(FailedError, match=name):
        check_names(tmp_path)


def test_a_name_of_the_contract_is_accepted() -> None:
    names_of_clients = {*EXPECTED, "PaymentEventData", "updateBookResponse200", "NullableInt32"}
    assert made_up(names_of_clients) == []


def test_tools_are_chosen_by_name() -> None:
    assert names(chosen("all")) == [*(each.name for each in TOOLS), MOCK.name]
    assert names(chosen("quick")) == ["openapi-python-client", "openapi-typescript", "hey-api"]
    assert names(chosen("java,go")) == ["go", "java"]
    with pytest.raises(FailedError, match=r"TOOLS=gone is not known.*orval"):
        chosen("go,gone")


@pytest.mark.parametrize("each", TOOLS, ids=lambda each: each.name)
def test_the_readme_shows_the_command(each: Tool) -> None:
    command = each.generate.replace(CONTRACT, "openapi.yaml")
    shown = re.sub(r" *\\\n *", " ", README)
    assert f"\n{command}\n" in shown


@pytest.mark.parametrize("each", TOOLS, ids=lambda each: each.name)
def test_the_readme_explains_each_option(each: Tool) -> None:
    for options in re.findall(r"--additional-properties=(\S+)", each.generate):
        for option in options.split(","):
            assert f"`{option}`" in README
