"""The page of an operation: its contract, the code in columns, the trace, results of the suite."""

import json
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from workbench.reader import code_list, columns
from workbench.reader.contract import Operation
from workbench.reader.modules import Definition
from workbench.reader.places import Places
from workbench.reader.repository import Repository
from workbench.reader.results import FOLDER
from workbench.reader.sources import key_of
from workbench.trace import page as trace_page

HEADINGS = {
    "handler": "Handler",
    "schema": "Schemas",
    "service": "Services",
    "model": "Models and queries",
}


@dataclass(frozen=True)
class Shown:
    """A definition on a page."""

    name: str
    file: str
    line: int
    address: str
    code: Markup


def context(repository: Repository, operation: Operation) -> dict[str, Any]:
    """Return the variables of the template."""
    place = Places(repository)
    side_by_side = columns.Columns(repository.parts(operation))
    rows = {heading: side_by_side.rows(kind) for kind, heading in HEADINGS.items()}
    return {
        "operation": operation,
        "far": columns.FAR,
        "kinds": [
            (heading, [_cells(repository, place, row) for row in of_kind])
            for heading, of_kind in rows.items()
            if of_kind
        ],
        "named": {name: _by_file(place, each) for name, each in side_by_side.named.items()},
        "cases": repository.results.of(operation.id),
        "trace": _trace(repository, operation.id),
    }


def _cells(repository: Repository, place: Places, row: columns.Row) -> dict[str, list[Shown]]:
    return {
        name: [_shown(repository, place, each) for each in definitions]
        for name, definitions in row.cells.items()
    }


def _shown(repository: Repository, place: Places, definition: Definition) -> Shown:
    source = repository.source_by_file[definition.file]
    code = code_list.excerpt(definition, source)
    address = place.definition(definition)
    return Shown(definition.name, key_of(definition.file), definition.first, address, code)


def _by_file(place: Places, definitions: list[Definition]) -> list[tuple[str, str, list[str]]]:
    """Group definitions by file: its key, the address of the first definition, and all names."""
    ordered = sorted(definitions, key=lambda each: (each.file, each.first))
    found = []
    for file, group in groupby(ordered, key=lambda each: each.file):
        of_file = list(group)
        names = [each.name for each in of_file]
        found.append((key_of(file), place.definition(of_file[0]), names))
    return found


def _trace(repository: Repository, operation_id: str) -> Markup | None:
    """Return the recorded trace as HTML if there is one."""
    file = repository.root / FOLDER / "trace" / f"{operation_id}.json"
    if not file.is_file():
        return None
    return Markup(trace_page.fragment(json.loads(file.read_text()), repository.titles))
