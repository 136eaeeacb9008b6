"""A recorded request on a terminal: a waterfall for each implementation, and its figures."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from workbench.trace_recording import Json, overhead
from workbench.trace_rows import Row, rows

COLOURS = {
    "client": "white",
    "framework": "blue",
    "middleware": "blue",
    "routing": "blue",
    "transaction": "blue",
    "auth": "cyan",
    "input": "cyan",
    "handler": "cyan",
    "service": "cyan",
    "answer": "cyan",
    "sql": "yellow",
    "redis": "red",
    "provider": "magenta",
}
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}

NARROW = 110
"""Characters of one waterfall where nothing says how many there are."""
SIDE_BY_SIDE = 76
"""Characters that a waterfall needs beside another one."""
BAR = 24
EIGHTHS = " ▏▎▍▌▋▊▉█"

FIGURES = (
    ("total", "total_us", None),
    ("wire, client, server", "client_us", None),
    ("framework", "framework_us", None),
    ("the shop's code", "shop_us", None),
    ("SQL", "sql_us", "statements"),
    ("Redis", "redis_us", "commands"),
    ("provider", "provider_us", "calls"),
)


class Screen:
    """Where recordings are shown. Colour only on a terminal, and not when NO_COLOR is set."""

    def __init__(self, folder: Path, console: Console | None = None) -> None:
        """Begin with the standard output; the folder is where all of it is."""
        self._folder = os.path.relpath(folder)
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else NARROW
        self._console = console or Console(highlight=False, width=width)

    def operation(self, data: Json) -> None:
        """One operation: a waterfall for each implementation, and the figures."""
        shops: dict[str, Json] = data["implementations"]
        self._console.print(
            Text(f"\n{data['operation']} on {DATABASES[data['database']]}", style="bold")
        )
        axis = max(shop["summary"]["total_us"] for shop in shops.values())
        width = self._console.width // len(shops) - 2
        if len(shops) > 1 and width >= SIDE_BY_SIDE:
            drawn = [waterfall(name, shop, axis, width) for name, shop in shops.items()]
            self._console.print(_beside(drawn))
        else:
            for name, shop in shops.items():
                self._console.print(waterfall(name, shop, axis, self._console.width))
        self._console.print(figures(shops))
        file = f"{self._folder}/{data['operation']}.json"
        self._console.print(
            Text(f"\n{cost(shops)}\nAll of it: {file}", style="dim"), soft_wrap=True
        )

    def overview(self, documents: list[Json]) -> None:
        """Many operations: a line for each, milliseconds and SQL statements."""
        names = list(documents[0]["implementations"])
        table = _table("operation: ms (SQL statements)", names)
        for data in documents:
            summaries = (data["implementations"][name]["summary"] for name in names)
            cells = (f"{each['total_us'] / 1000:.2f} ({each['statements']})" for each in summaries)
            table.add_row(data["operation"], *cells)
        self._console.print(table)
        self._console.print(Text(f"\nAll of it: {self._folder}", style="dim"))


def waterfall(name: str, shop: Json, axis: int, width: int) -> Group:
    """One implementation's lines on an axis of so many microseconds."""
    drawn, hidden = rows(shop["spans"])
    status, total = shop["answer"]["status"], shop["summary"]["total_us"]
    lines = [Text(f"\n{name}: {status} after {total / 1000:.2f} ms", style="bold")]
    lines += [line(row, axis, width) for row in drawn]
    if hidden:
        lines.append(Text(f"{'':>{BAR + 10}}{hidden} shorter steps are not drawn", style="dim"))
    return Group(*lines)


def line(row: Row, axis: int, width: int) -> Text:
    """A bar, milliseconds, and what was done."""
    colour = COLOURS.get(row.kind, "white")
    text = Text.assemble(
        (bar(row.start, row.extent, axis), colour),
        f" {row.duration / 1000:>8.2f} ",
        ("  " if width >= NARROW else " ") * row.depth,
        (f"{row.kind} " if row.kind in {"sql", "redis", "provider"} else "", f"bold {colour}"),
        (row.text, colour if row.kind != "client" else "bold"),
    )
    text.truncate(width, overflow="ellipsis")
    return text


def bar(start: int, extent: int, axis: int) -> str:
    """A bar of eighths of a character from one moment to another; every one can be seen."""
    first = min(BAR * 8 - 1, max(0, round(start / axis * BAR * 8)))
    last = min(BAR * 8, max(first + 1, round((start + extent) / axis * BAR * 8)))
    begin, end = first // 8, -(-last // 8)
    cells = "█" * (end - begin - 1) + (EIGHTHS[last - (end - 1) * 8] if end - begin > 0 else "")
    return (" " * begin + cells).ljust(BAR)


def figures(shops: dict[str, Json]) -> Table:
    """Where the time went: a line for each who was at work, a column for each implementation."""
    table = _table("ms, by who was at work", shops)
    for title, member, count in FIGURES:
        table.add_row(title, *(_figure(shop["summary"], member, count) for shop in shops.values()))
    return table


def _table(title: str, names: Iterable[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(f"\n{title}", no_wrap=True)
    for name in names:
        table.add_column(f"\n{name}", justify="right", no_wrap=True)
    return table


def _figure(summary: Json, member: str, count: str | None) -> str:
    number = f"({summary[count]}) " if count and summary[count] else ""
    return f"{number}{summary[member] / 1000:.2f}"


def cost(shops: dict[str, Json]) -> str:
    """What the recording itself costs, as far as that can be told from the machine's noise."""
    more = {name: overhead(shop["runs"]) for name, shop in shops.items()}
    told = [f"{name} by {share:.0%}" for name, share in more.items() if share > 0]
    lost = [name for name, share in more.items() if share <= 0]
    told += [f"{', '.join(lost)} by less than this machine's noise"] if lost else []
    return f"Recording makes a request longer: {', '.join(told)}."


def _beside(drawn: list[Group]) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    for _ in drawn:
        grid.add_column(ratio=1, no_wrap=True)
    grid.add_row(*drawn)
    return grid
