"""The rows of a waterfall: repeated spans share a row, very short spans are left out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from workbench.trace.results import Json

REPEATED = 3
"""From this number on, equal neighbours share one row."""
SHARE_SHOWN = 0.01
"""A span shorter than this part of the request has no row, unless it made an external call."""
EXTERNAL = {"sql", "redis", "provider"}


@dataclass(frozen=True)
class Row:
    """A row of a waterfall. Times are in microseconds since the client sent the request."""

    span: Json
    depth: int
    start: int
    extent: int
    """The time from the start of the row's first span to the end of its last one."""
    duration: int
    """The sum of the durations of the row's spans."""
    count: int = 1

    @property
    def kind(self) -> str:
        """The kind of the span."""
        return str(self.span["kind"])

    @property
    def text(self) -> str:
        """The statement of an SQL or Redis span, the URL of a provider call, or else the name."""
        text = self.span["attributes"].get("db.statement") or self.span["name"]
        if self.kind == "provider":
            text = f"{self.span['name']} {self.span['attributes'].get('http.url', '')}"
        repeated = f"{self.count} times " if self.count > 1 else ""
        return repeated + " ".join(str(text).split())


def rows(spans: list[Json]) -> tuple[list[Row], int]:
    """Return the rows from top to bottom, and the number of spans that are too short for a row."""
    children: dict[str | None, list[Json]] = defaultdict(list)
    for span in spans:
        children[span["parent"]].append(span)
    least = spans[0]["duration_us"] * SHARE_SHOWN
    visible = list(_rows(children[None], 0, children, least))
    return visible, len(spans) - sum(_spans_of(row, children) for row in visible)


def _rows(
    spans: Iterable[Json], depth: int, children: dict[str | None, list[Json]], least: float
) -> Iterator[Row]:
    shown = [span for span in spans if span["duration_us"] >= least or _calls(span, children)]
    for _, group in groupby(shown, key=_identity):
        alike = list(group)
        if len(alike) >= REPEATED:
            yield _merged(alike, depth)
            continue
        for span in alike:
            yield Row(span, depth, span["start_us"], span["duration_us"], span["duration_us"])
            yield from _rows(children[span["id"]], depth + 1, children, least)


def _calls(span: Json, children: dict[str | None, list[Json]]) -> bool:
    return span["kind"] in EXTERNAL or any(
        _calls(child, children) for child in children[span["id"]]
    )


def _identity(span: Json) -> tuple[str, str, str]:
    return span["kind"], span["name"], span["attributes"].get("db.statement", "")


def _merged(alike: list[Json], depth: int) -> Row:
    start, last = alike[0]["start_us"], alike[-1]
    extent = last["start_us"] + last["duration_us"] - start
    return Row(
        alike[0], depth, start, extent, sum(span["duration_us"] for span in alike), len(alike)
    )


def _spans_of(row: Row, children: dict[str | None, list[Json]]) -> int:
    """Return how many spans a row stands for.

    For a row of several spans, this assumes that each has as many descendants as the first.
    """
    return row.count * (_size(row.span, children) if row.count > 1 else 1)


def _size(span: Json, children: dict[str | None, list[Json]]) -> int:
    return 1 + sum(_size(child, children) for child in children[span["id"]])
