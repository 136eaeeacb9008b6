"""What of an implementation serves an operation: found by its operationId, from name to name."""

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.reader.modules import Code, Definition

KINDS = ("handler", "schema", "service", "model", "other")
"""As a request meets them."""

KIND_OF_FILE = {
    "views": "handler",
    "schemas": "schema",
    "models": "model",
    "queries": "model",
    "locks": "model",
    "store": "model",
}
"""By the names that the implementations share; whatever else a domain has is a service."""

HANDLERS = "views"


@dataclass(frozen=True)
class Part:
    """One definition that serves an operation."""

    definition: Definition
    kind: str
    distance: int
    """Names followed from the handler; a private helper in the same file is as near as its user."""


def snake_case(operation_id: str) -> str:
    """`placeOrder` → `place_order`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", operation_id).lower()


def handlers(code: Code, operation_id: str) -> list[Definition]:
    """The functions or methods that are named after an operation, in any domain's views."""
    wanted = snake_case(operation_id)
    return [
        definition
        for module in code.modules.values()
        if module.name.count(".") == 2 and module.name.endswith(f".{HANDLERS}")
        for name, definition in module.definitions.items()
        if name.rpartition(".")[2] == wanted
    ]


def routes(handler: Definition) -> list[Definition]:
    """Where the URL that leads to a handler stands, if that is not at the handler itself."""
    return [
        route
        for module in handler.module.code.modules.values()
        for route, names in module.routes
        if handler.name in names
    ]


def parts(code: Code, operation_id: str) -> list[Part]:
    """Everything that serves an operation, nearest first, each once; none without a handler."""
    found: list[Part] = []
    seen: set[Definition] = set()
    distance, level = 0, handlers(code, operation_id)
    while level:
        beyond: list[Definition] = []
        for definition in level:  # which grows
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
    """Whether it says what is stored, rather than how it is read."""
    return kind_of(definition) == "model" and isinstance(definition.node, ast.ClassDef)


def _followed(definition: Definition) -> list[Definition]:
    """What a definition leads to. What all domains share is named, not unfolded."""
    if kind_of(definition) == "other":
        return []
    # A foreign key does not make another file's table part of an operation.
    return [
        used
        for used in definition.uses
        if not (is_table(definition) and is_table(used) and used.file != definition.file)
    ]


def kind_of(definition: Definition) -> str:
    """What a definition is for, by the file it stands in."""
    path = PurePosixPath(definition.file)
    in_a_domain = definition.module.name.count(".") == 2
    return KIND_OF_FILE.get(path.stem, "service") if in_a_domain else "other"
