"""An operation on a terminal: its contract entry, and the code that serves it in columns."""

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from workbench.reader import columns
from workbench.reader.contract import Operation
from workbench.reader.modules import Definition
from workbench.reader.operation_page import HEADINGS
from workbench.reader.repository import Repository

COLUMN = 50
"""So many characters a column needs; below that the implementations come one after the other."""
NUMBERS = 5
"""Of them a line's number takes so many."""
COLOURS = {"flask": "blue", "fastapi": "cyan", "django": "green"}


def show(repository: Repository, operation: Operation, console: Console) -> None:
    """Print it, as wide as the terminal is; in colour where there is any."""
    _contract(operation, console)
    readable = [name for name in repository.implementations if name not in repository.unreadable]
    for name in repository.unreadable:
        console.print(f"{repository.titles[name]} is not readable here\n", style="dim")
    if console.width >= COLUMN * len(readable):
        _print(repository, operation, readable, console)
    else:
        for name in readable:
            _print(repository, operation, [name], console)


def _contract(operation: Operation, console: Console) -> None:
    console.print(Text.assemble((operation.id, "bold"), f"  {operation.method} {operation.path}"))
    console.print(f"{operation.summary}\n{operation.description}\n", markup=False, highlight=False)
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_row("who may", operation.access)
    facts.add_row("SQL statements", f"at most {operation.budget}")
    facts.add_row("entry", f"spec/openapi.yaml:{operation.line}")
    for each in operation.parameters:
        told = f"{each.type}, {each.rules}" if each.rules else each.type
        facts.add_row(each.place, Text(f"{each.name}: {told}"))
    for body in operation.bodies:
        facts.add_row("body", f"{body.schema}, {body.media_type}")
    for answer in operation.answers:
        bodies = [f"{body.schema}, {body.media_type}" for body in answer.contents]
        facts.add_row(answer.status, Text(", ".join(answer.problems) or "; ".join(bodies)))
    console.print(facts)
    console.print()


def _print(
    repository: Repository, operation: Operation, names: list[str], console: Console
) -> None:
    """The code of some implementations, row by row."""
    found = {name: columns.shown(repository.parts(operation)[name])[0] for name in names}
    width = console.width // len(names) - 2
    for kind, heading in HEADINGS.items():
        of_kind = {
            name: [part.definition for part in parts if part.kind == kind]
            for name, parts in found.items()
        }
        table = Table(
            box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title=heading, title_justify="left"
        )
        table.title_style = "bold"
        for name in names:
            title = Text(repository.titles[name], style=f"bold {COLOURS.get(name, 'magenta')}")
            table.add_column(title, width=width, overflow="fold")
        for row in columns.rows(of_kind):
            table.add_row(*(_cell(repository, row.cells.get(name, []), width) for name in names))
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
