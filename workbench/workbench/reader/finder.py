"""Find the code that serves an operation: the handler, and then the definitions that it uses."""

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.reader.modules import Code, Definition

KINDS = ("handler", "schema", "service", "model", "other")
"""The kinds of code, in the order in which a request uses them."""

KIND_OF_FILE = {
    "views": "handler",
    "schemas": "schema",
    "models": "model",
    "queries": "model",
    "locks": "model",
    "store": "model",
}
"""The kind of each file of a domain, by its name. Other files of a domain are services."""

HANDLERS = "views"


@dataclass(frozen=True)
class Part:
    """A definition that serves an operation."""

    definition: Definition
    kind: str
    distance: int
    """The number of names between the handler and this. A private helper counts as its caller."""


def snake_case(operation_id: str) -> str:
    """Convert `placeOrder` to `place_order`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", operation_id).lower()


def handlers(code: Code, operation_id: str) -> list[Definition]:
    """Return the functions or methods in the views of any domain that have an operation's name."""
    wanted = snake_case(operation_id)
    return [
        definition
        for module in code.modules.values()
        if module.name.count(".") == 2 and module.name.endswith(f".{HANDLERS}")
        for name, definition in module.definitions.items()
        if name.rpartition(".")[2] == wanted
    ]


def routes(handler: Definition) -> list[Definition]:
    """Return the routes to a handler that are not decorators of the handler."""
    return [
        route
        for module in handler.module.code.modules.values()
        for route, names in module.routes
        if handler.name in names
    ]


def parts(code: Code, operation_id: str) -> list[Part]:
    """Return each definition that serves an operation once, the nearest first."""
    found: list[Part] = []
    seen: set[Definition] = set()
    distance, level = 0, handlers(code, operation_id)
    while level:
        beyond: list[Definition] = []
        for definition in level:  # the loop appends to this list
            if definition not in seen:
                seen.add(definition)
                found.append(Part(definition, kind_of(definition), distance))
                if not distance:
                    found += [Part(route, "handler", distance) for route in routes(definition)]
                for used in _followed(definition):
                    inside = used.is_private and used.file == definition.file
                    (level if inside else beyond).append(used)
        distance, level = distance + 1, beyond
    return found


def is_table(definition: Definition) -> bool:
    """Return whether a definition is a database table."""
    return kind_of(definition) == "model" and isinstance(definition.node, ast.ClassDef)


def _followed(definition: Definition) -> list[Definition]:
    """Return the definitions that a definition uses; none for code that all domains share."""
    if kind_of(definition) == "other":
        return []
    # Do not follow foreign keys to tables of other files.
    return [
        used
        for used in definition.uses
        if not (is_table(definition) and is_table(used) and used.file != definition.file)
    ]


def kind_of(definition: Definition) -> str:
    """Return the kind of a definition, which depends on its file."""
    path = PurePosixPath(definition.file)
    in_a_domain = definition.module.name.count(".") == 2
    return KIND_OF_FILE.get(path.stem, "service") if in_a_domain else "other"
