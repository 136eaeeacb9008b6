"""Print recorded requests: a waterfall for each implementation, and a table of the figures."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from workbench.trace.results import Json, overhead
from workbench.trace.rows import Row, rows

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
"""The width of a waterfall, in characters, if the output is not a terminal."""
SIDE_BY_SIDE = 76
"""The width that a waterfall needs at least beside another one."""
BAR = 24
EIGHTHS = " ▏▎▍▌▋▊▉█"

FIGURES = (
    ("total", "total_us", None),
    ("client, network, server", "client_us", None),
    ("framework", "framework_us", None),
    ("the shop's code", "shop_us", None),
    ("SQL", "sql_us", "statements"),
    ("Redis", "redis_us", "commands"),
    ("provider", "provider_us", "calls"),
)


class Screen:
    """Prints recordings. It uses colour only on a terminal, and not if NO_COLOR is set."""

    def __init__(self, folder: Path, console: Console | None = None) -> None:
        """Print to the standard output or to a given console; `folder` has the files."""
        self._folder = os.path.relpath(folder)
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else NARROW
        self._console = console or Console(highlight=False, width=width)

    def operation(self, data: Json) -> None:
        """Print one operation: a waterfall for each implementation, and the figures."""
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
            Text(f"\n{cost(shops)}\nThe whole recording: {file}", style="dim"), soft_wrap=True
        )

    def overview(self, results: list[Json]) -> None:
        """Print a table of many operations: milliseconds and SQL statements."""
        names = list(results[0]["implementations"])
        table = _table("operation: ms (SQL statements)", names)
        for data in results:
            summaries = (data["implementations"][name]["summary"] for name in names)
            cells = (f"{each['total_us'] / 1000:.2f} ({each['statements']})" for each in summaries)
            table.add_row(data["operation"], *cells)
        self._console.print(table)
        self._console.print(Text(f"\nAll recordings: {self._folder}", style="dim"))


def waterfall(name: str, shop: Json, axis: int, width: int) -> Group:
    """Return the waterfall of one implementation. `axis` is its length in microseconds."""
    drawn, hidden = rows(shop["spans"])
    status, total = shop["answer"]["status"], shop["summary"]["total_us"]
    lines = [Text(f"\n{name}: {status} after {total / 1000:.2f} ms", style="bold")]
    lines += [line(row, axis, width) for row in drawn]
    if hidden:
        lines.append(Text(f"{'':>{BAR + 10}}{hidden} shorter steps are not shown", style="dim"))
    return Group(*lines)


def line(row: Row, axis: int, width: int) -> Text:
    """Return the line of a row: a bar, milliseconds, and the text."""
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
    """Draw a bar with a resolution of an eighth of a character; the shortest is one eighth long."""
    first = min(BAR * 8 - 1, max(0, round(start / axis * BAR * 8)))
    last = min(BAR * 8, max(first + 1, round((start + extent) / axis * BAR * 8)))
    begin, end = first // 8, -(-last // 8)
    cells = "█" * (end - begin - 1) + (EIGHTHS[last - (end - 1) * 8] if end - begin > 0 else "")
    return (" " * begin + cells).ljust(BAR)


def figures(shops: dict[str, Json]) -> Table:
    """Return the table of the figures, with a column for each implementation."""
    table = _table("ms, by part", shops)
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
    """Return a sentence about the cost of recording, or that it is below the machine's noise."""
    more = {name: overhead(shop["runs"]) for name, shop in shops.items()}
    parts = [f"{name} by {share:.0%}" for name, share in more.items() if share > 0]
    below = [name for name, share in more.items() if share <= 0]
    parts += [f"{', '.join(below)} by less than this machine's noise"] if below else []
    return f"Recording makes a request longer: {', '.join(parts)}."


def _beside(drawn: list[Group]) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    for _ in drawn:
        grid.add_column(ratio=1, no_wrap=True)
    grid.add_row(*drawn)
    return grid
