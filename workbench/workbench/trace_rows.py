"""The lines of a waterfall: what repeats is folded, what hardly took any time is left out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from workbench.trace_recording import Json

REPEATED = 3
"""From so many on, equal neighbours are one line."""
SHARE_SHOWN = 0.01
"""Of the whole: what took less, and asked nobody for anything, is not drawn."""
ASKING = {"sql", "redis", "provider"}


@dataclass(frozen=True)
class Row:
    """One line of a waterfall, microseconds from the moment when the request left."""

    span: Json
    depth: int
    start: int
    extent: int
    """From the beginning of the first to the end of the last, where it stands for several."""
    duration: int
    """What they took together."""
    count: int = 1

    @property
    def kind(self) -> str:
        """Who was at work."""
        return str(self.span["kind"])

    @property
    def text(self) -> str:
        """What was done: of SQL and Redis what was said, of everything else its name."""
        said = self.span["attributes"].get("db.statement") or self.span["name"]
        if self.kind == "provider":
            said = f"{self.span['name']} {self.span['attributes'].get('http.url', '')}"
        repeated = f"{self.count} times " if self.count > 1 else ""
        return repeated + " ".join(str(said).split())


def rows(spans: list[Json]) -> tuple[list[Row], int]:
    """The lines of a waterfall from top to bottom, and how many spans are too short to be drawn."""
    children: dict[str | None, list[Json]] = defaultdict(list)
    for span in spans:
        children[span["parent"]].append(span)
    least = spans[0]["duration_us"] * SHARE_SHOWN
    drawn = list(_draw(children[None], 0, children, least))
    return drawn, len(spans) - sum(_spans_of(row, children) for row in drawn)


def _draw(
    spans: Iterable[Json], depth: int, children: dict[str | None, list[Json]], least: float
) -> Iterator[Row]:
    shown = [span for span in spans if span["duration_us"] >= least or _asks(span, children)]
    for _, group in groupby(shown, key=_likeness):
        alike = list(group)
        if len(alike) >= REPEATED:
            yield _folded(alike, depth)
            continue
        for span in alike:
            yield Row(span, depth, span["start_us"], span["duration_us"], span["duration_us"])
            yield from _draw(children[span["id"]], depth + 1, children, least)


def _asks(span: Json, children: dict[str | None, list[Json]]) -> bool:
    return span["kind"] in ASKING or any(_asks(child, children) for child in children[span["id"]])


def _likeness(span: Json) -> tuple[str, str, str]:
    return span["kind"], span["name"], span["attributes"].get("db.statement", "")


def _folded(alike: list[Json], depth: int) -> Row:
    start, last = alike[0]["start_us"], alike[-1]
    extent = last["start_us"] + last["duration_us"] - start
    return Row(
        alike[0], depth, start, extent, sum(span["duration_us"] for span in alike), len(alike)
    )


def _spans_of(row: Row, children: dict[str | None, list[Json]]) -> int:
    """How many spans a line stands for; those below a folded one are among them, about."""
    return row.count * (_size(row.span, children) if row.count > 1 else 1)


def _size(span: Json, children: dict[str | None, list[Json]]) -> int:
    return 1 + sum(_size(child, children) for child in children[span["id"]])
