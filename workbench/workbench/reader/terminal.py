"""Print an operation: its contract, and the code that serves it in columns."""

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from workbench.reader.columns import Columns
from workbench.reader.contract import Operation
from workbench.reader.modules import Definition
from workbench.reader.operation_page import HEADINGS
from workbench.reader.repository import Repository

COLUMN = 50
"""The least width of a column. On a narrower terminal, the implementations follow each other."""
NUMBERS = 5
"""The width of a line number."""
COLOURS = {"flask": "blue", "fastapi": "cyan", "django": "green"}


def show(repository: Repository, operation: Operation, console: Console) -> None:
    """Print an operation in the width of the terminal, in colour if it supports colour."""
    _contract(operation, console)
    readable = [name for name in repository.implementations if name not in repository.unreadable]
    for name in repository.unreadable:
        console.print(f"{repository.titles[name]} has no Python package\n", style="dim")
    side_by_side = Columns(repository.parts(operation))
    fits = console.width >= COLUMN * len(readable)
    for names in [readable] if fits else [[name] for name in readable]:
        _print(repository, side_by_side, names, console)


def _contract(operation: Operation, console: Console) -> None:
    console.print(Text.assemble((operation.id, "bold"), f"  {operation.method} {operation.path}"))
    console.print(f"{operation.summary}\n{operation.description}\n", markup=False, highlight=False)
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_row("access", operation.access)
    facts.add_row("SQL statements", f"at most {operation.budget}")
    facts.add_row("entry", f"spec/openapi.yaml:{operation.line}")
    for each in operation.parameters:
        text = f"{each.type}, {each.rules}" if each.rules else each.type
        facts.add_row(each.place, Text(f"{each.name}: {text}"))
    for body in operation.bodies:
        facts.add_row("body", f"{body.schema}, {body.media_type}")
    for answer in operation.answers:
        bodies = [f"{body.schema}, {body.media_type}" for body in answer.contents]
        facts.add_row(answer.status, Text(", ".join(answer.problems) or "; ".join(bodies)))
    console.print(facts)
    console.print()


def _print(
    repository: Repository, side_by_side: Columns, names: list[str], console: Console
) -> None:
    """Print the code of some implementations, row by row."""
    width = console.width // len(names) - 2
    for kind, heading in HEADINGS.items():
        table = Table(
            box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title=heading, title_justify="left"
        )
        table.title_style = "bold"
        for name in names:
            title = Text(repository.titles[name], style=f"bold {COLOURS.get(name, 'magenta')}")
            table.add_column(title, width=width, overflow="fold")
        for row in side_by_side.rows(kind):
            if any(name in row.cells for name in names):
                cells = [row.cells.get(name, []) for name in names]
                table.add_row(*(_cell(repository, cell, width) for cell in cells))
        if table.row_count:
            console.print(table)


def _cell(repository: Repository, definitions: list[Definition], width: int) -> RenderableType:
    return Group(*(_code(repository, each, width) for each in definitions))


def _code(repository: Repository, definition: Definition, width: int) -> RenderableType:
    text = (repository.root / definition.file).read_text().splitlines()
    lines = text[definition.first - 1 : definition.last]
    syntax = Syntax(
        "\n".join(lines),
        "python",
        theme="ansi_dark",
        background_color="default",
        dedent=True,
        word_wrap=True,
        line_numbers=True,
        start_line=definition.first,
        code_width=width - NUMBERS - 1,
    )
    where = Text(f"{definition.file}:{definition.first}", style="dim")
    return Padding(Group(where, syntax), (0, 0, 1, 0))
