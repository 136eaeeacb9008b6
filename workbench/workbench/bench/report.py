"""The report of a measurement: tables of at most 80 columns."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from workbench.bench.measuring import Extent, Measured, Samples
from workbench.bench.operations import Operation
from workbench.bench.processor_time import Cost

LEAST = 0.05
"""Milliseconds below which a cost is only noise: it is shown as less than this."""

Part = Callable[[Cost], float | None]


class Spread(NamedTuple):
    """The median of some values, and their first and third quartile."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of at least one value."""
        low, median, high = (
            statistics.quantiles(values, n=4, method="inclusive")
            if len(values) > 1
            else [values[0]] * 3
        )
        return cls(median, low, high)


def server(cost: Cost) -> float | None:
    """Return the processor time of the server."""
    return cost.server


def database(cost: Cost) -> float | None:
    """Return the processor time of the sessions at PostgreSQL."""
    return cost.database


def median(costs: Iterable[Cost], part: Part) -> float | None:
    """Return a median, or None where a cost could not be read."""
    values = [part(cost) for cost in costs]
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def ratio(samples: Samples, part: Part) -> Spread | None:
    """Return the spread of first/second, or None where that would divide by noise.

    It is taken round by round: the two blocks of a round are neighbours in time, so that most of
    the machine's noise cancels out. The ratio of two medians, or of two minimums, varies more.
    """
    first, second = median(samples.first, part), median(samples.second, part)
    if first is None or second is None or (part is database and second < LEAST):
        return None
    pairs = zip(samples.first, samples.second, strict=True)
    parts = ((part(first) or 0.0, part(second) or 0.0) for first, second in pairs)
    return Spread.of([first / second for first, second in parts if second])


def floors(measured: Measured, names: Sequence[str], extent: Extent) -> list[str]:
    """Return the tables of products and floors."""
    return [
        *_conditions("product / floor", measured, extent),
        "",
        *_ratio_rows(measured, names, extent.operations),
        "",
        *_cost_rows(measured, names, extent.operations),
        "",
        *_memory_rows(measured, names, ("product", "floor")),
    ]


def _conditions(compared: str, measured: Measured, extent: Extent) -> list[str]:
    """Return what was measured and how often."""
    return [
        f"Processor time of a request: {compared}",
        f"Medians and quartiles of {measured.rounds} rounds of {extent.requests} requests",
        f"{extent.books:,} synthetic books on PostgreSQL; one worker, one client",
    ]


def _ratio_rows(
    measured: Measured, names: Sequence[str], operations: Sequence[Operation]
) -> list[str]:
    """Return the table of ratios: for each implementation the medians, then the quartiles."""
    compared = [operation.name for operation in operations if operation.has_floor]
    widths = [max(len(name) + 1, 8) for name in compared]
    head = "".join(f"{name:>{width}}" for name, width in zip(compared, widths, strict=True))
    lines = [f"{'':<8}{head}"]
    for name in names:
        spreads = [ratio(measured.samples[name, operation], server) for operation in compared]
        medians = ["-" if each is None else _short(each.median) for each in spreads]
        ranges = ["" if each is None else _range(each) for each in spreads]
        for label, cells in ((name, medians), ("", ranges)):
            row = zip(cells, widths, strict=True)
            lines.append(f"{label:<8}" + "".join(f"{cell:>{width}}" for cell, width in row))
    return lines


def _range(spread: Spread) -> str:
    return f"{_short(spread.low)}-{_short(spread.high)}"


def _short(number: float) -> str:
    """Return a ratio in at most three characters, up to 99."""
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def _cost_rows(
    measured: Measured, names: Sequence[str], operations: Sequence[Operation]
) -> list[str]:
    """Return the medians in milliseconds, a line for each operation of each implementation."""
    lines = [
        f"{'ms, medians':<24}{'server':>16}{'PostgreSQL':>26}",
        f"{'':<24}{'product':>10}{'floor':>10}{'product':>16}{'floor':>10}",
    ]
    for name in names:
        for operation in operations:
            samples = measured.samples[name, operation.name]
            cells = (
                f"{_milliseconds(samples.first, server):>10}",
                f"{_milliseconds(samples.second, server):>10}",
                f"{_milliseconds(samples.first, database):>16}",
                f"{_milliseconds(samples.second, database):>10}",
            )
            lines.append(f"{name:<10}{operation.name:<14}" + "".join(cells))
    return lines


def _milliseconds(costs: Sequence[Cost], part: Part) -> str:
    value = median(costs, part)
    if value is None:
        return "-"
    return f"< {LEAST}" if value < LEAST else f"{value:.2f}"


def versions(measured: Measured, names: Sequence[str], extent: Extent, commit: str) -> list[str]:
    """Return the tables of two versions."""
    head = "".join(f"{name:>20}" for name in names)
    lines = _conditions(f"this / {commit}", measured, extent)
    for title, part in (("server", server), ("PostgreSQL", database)):
        lines += ["", f"{title:<16}{head}"]
        for operation in extent.operations:
            spreads = [ratio(measured.samples[name, operation.name], part) for name in names]
            cells = "".join(f"{_with_quartiles(spread):>20}" for spread in spreads)
            lines.append(f"{operation.name:<16}{cells}")
    return [*lines, "", *_memory_rows(measured, names, ("this", "other"))]


def _with_quartiles(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    return f"{spread.median:.2f} ({spread.low:.2f}-{spread.high:.2f})"


def _memory_rows(measured: Measured, names: Sequence[str], labels: tuple[str, str]) -> list[str]:
    """Return the megabytes of each server with one worker."""
    lines = [f"{'MB at rest and after this':<28}" + "".join(f"{label:>16}" for label in labels)]
    for name in names:
        both = zip(measured.at_rest[name], measured.afterwards[name], strict=True)
        cells = (f"{rest / 1e6:.0f}, {after / 1e6:.0f}" for rest, after in both)
        lines.append(f"{name:<28}" + "".join(f"{cell:>16}" for cell in cells))
    return lines
