"""Definitions of several implementations, row by row: what has one name stands side by side."""

from collections import Counter
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


class Columns:
    """What serves an operation, in columns: some of it with its code, the rest by name."""

    def __init__(self, found: dict[str, list[Part]]) -> None:
        """Of what was found in each implementation."""
        having = Counter(
            name
            for parts in found.values()
            for name in {(part.kind, part.definition.short_name.lower()) for part in parts}
        )
        self._alone = {name for name, number in having.items() if number == 1 < len(found)}
        self._unfolded: dict[str, list[Part]] = {}
        self.named: dict[str, list[Definition]] = {}
        """What is not shown with its code."""
        for name, parts in found.items():
            domains = {domain(part.definition) for part in parts if part.kind == "handler"}
            unfolded = [part for part in parts if self._is_unfolded(part, domains)]
            self._unfolded[name] = unfolded
            self.named[name] = [part.definition for part in parts if part not in unfolded]

    def rows(self, kind: str) -> list[Row]:
        """Rows of one name, in the order of appearance; what is alone comes last, together.

        A lonely definition in a row of its own would leave holes beside it.
        """
        by_name: dict[str, Row] = {}
        alone = Row()
        for implementation, parts in self._unfolded.items():
            for part in parts:
                if part.kind == kind:
                    name = part.definition.short_name.lower()
                    row = alone if self._is_alone(part) else by_name.setdefault(name, Row())
                    row.add(implementation, part.definition)
        return [*by_name.values(), alone] if alone.cells else [*by_name.values()]

    def _is_unfolded(self, part: Part, domains: set[str]) -> bool:
        """Whether it is near, no other domain's table, and no distant detail of one alone."""
        foreign = is_table(part.definition) and domain(part.definition) not in domains
        detail = part.distance == FAR and self._is_alone(part)
        return part.kind != "other" and part.distance <= FAR and not foreign and not detail

    def _is_alone(self, part: Part) -> bool:
        return (part.kind, part.definition.short_name.lower()) in self._alone


def domain(definition: Definition) -> str:
    """`orders`, of what stands in `bookstore/orders/`."""
    return definition.module.name.split(".")[1]
