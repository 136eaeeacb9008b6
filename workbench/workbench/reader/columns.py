"""Definitions of several implementations, row by row: what has one name stands side by side."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.reader.finder import Part, is_table
from workbench.reader.modules import Definition

FAR = 2
"""Names followed from the handler, past which code is named and not shown."""


@dataclass
class Row:
    """What the implementations have for one thing; a cell may be empty, or hold several."""

    cells: dict[str, list[Definition]] = field(default_factory=dict)

    def add(self, implementation: str, definition: Definition) -> None:
        """Put a definition below what its implementation has in this row."""
        self.cells.setdefault(implementation, []).append(definition)


def is_shown(part: Part, domains: set[str]) -> bool:
    """Whether a part's code is unfolded: it is near, and no other domain's table."""
    foreign = is_table(part.definition) and domain(part.definition) not in domains
    return part.kind != "other" and part.distance <= FAR and not foreign


def domain(definition: Definition) -> str:
    """`orders`, of what stands in `bookstore/orders/`."""
    return definition.module.name.split(".")[1]


def shown(parts: Iterable[Part]) -> tuple[list[Part], list[Definition]]:
    """The parts whose code is unfolded, and what else is only named."""
    parts = list(parts)
    domains = {domain(part.definition) for part in parts if part.kind == "handler"}
    unfolded = [part for part in parts if is_shown(part, domains)]
    return unfolded, [each.definition for each in parts if each not in unfolded]


def rows(found: dict[str, list[Definition]]) -> list[Row]:
    """Rows of one name, in the order of their appearance; what is alone comes last, together."""
    by_name: dict[str, Row] = {}
    for implementation, definitions in found.items():
        for each in definitions:
            by_name.setdefault(each.short_name.lower(), Row()).add(implementation, each)
    # A lonely definition in a row of its own would leave holes beside it.
    paired = [row for row in by_name.values() if len(row.cells) > 1 or len(found) == 1]
    alone = Row()
    for row in by_name.values():
        if row not in paired:
            for implementation, definitions in row.cells.items():
                for each in definitions:
                    alone.add(implementation, each)
    return [*paired, alone] if alone.cells else paired
