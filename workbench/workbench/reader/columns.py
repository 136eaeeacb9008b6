"""Arrange the definitions of the implementations in rows: equal names are side by side."""

from collections import Counter
from dataclasses import dataclass, field

from workbench.reader.finder import Part, is_table
from workbench.reader.modules import Definition

FAR = 2
"""The distance from the handler up to which the code is shown; more distant code is only named."""


@dataclass
class Row:
    """A row of definitions. A cell may be empty or have several definitions."""

    cells: dict[str, list[Definition]] = field(default_factory=dict)

    def add(self, implementation: str, definition: Definition) -> None:
        """Append a definition to the cell of its implementation."""
        self.cells.setdefault(implementation, []).append(definition)


class Columns:
    """The definitions that serve an operation, in columns: some with code, the others by name."""

    def __init__(self, found: dict[str, list[Part]]) -> None:
        """Take the parts of each implementation."""
        having = Counter(
            name
            for parts in found.values()
            for name in {(part.kind, part.definition.short_name.lower()) for part in parts}
        )
        self._alone = {name for name, number in having.items() if number == 1 < len(found)}
        self._unfolded: dict[str, list[Part]] = {}
        self.named: dict[str, list[Definition]] = {}
        """The definitions that are shown without their code."""
        for name, parts in found.items():
            domains = {domain(part.definition) for part in parts if part.kind == "handler"}
            unfolded = [part for part in parts if self._is_unfolded(part, domains)]
            self._unfolded[name] = unfolded
            self.named[name] = [part.definition for part in parts if part not in unfolded]

    def rows(self, kind: str) -> list[Row]:
        """Return rows of equal names in their order of appearance.

        Definitions without a counterpart share the last row: rows of their own would have gaps.
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
        """Return whether a part is near enough, and important enough, to be shown with its code."""
        foreign = is_table(part.definition) and domain(part.definition) not in domains
        detail = part.distance == FAR and self._is_alone(part)
        return part.kind != "other" and part.distance <= FAR and not foreign and not detail

    def _is_alone(self, part: Part) -> bool:
        return (part.kind, part.definition.short_name.lower()) in self._alone


def domain(definition: Definition) -> str:
    """Return the domain of a definition: `orders` for a file in `bookstore/orders/`."""
    return definition.module.name.split(".")[1]
