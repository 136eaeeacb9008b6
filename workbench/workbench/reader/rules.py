"""Describe the constraints of a schema, besides the type, in a few words."""

from collections.abc import Callable, Iterator
from typing import Any

RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
SUFFICIENT_FORMATS = {"uuid", "date-time", "email", "uri"}
"""Formats that imply the pattern and the length."""
NO_CONTROL_CHARACTERS = r"^[^\u0000-"
"""The start of every text's pattern. This convention holds for the whole contract."""


def rules(schema: dict[str, Any], resolved: Callable[[Any], Any]) -> Iterator[str]:
    """Yield the ranges, lengths, default and pattern of a schema, and those of an array's items."""
    if schema.get("format") not in SUFFICIENT_FORMATS:
        yield from _ranges(schema)
        pattern = schema.get("pattern", NO_CONTROL_CHARACTERS)
        if not pattern.startswith(NO_CONTROL_CHARACTERS):
            yield f"matches {pattern}"
    if "const" in schema:
        yield f"is {schema['const']}"
    if "default" in schema:
        yield f"default {schema['default']}"
    if "contentMediaType" in schema:
        yield str(schema["contentMediaType"])
    if schema.get("uniqueItems"):
        yield "each once"
    if "items" in schema:
        yield from (f"each {rule}" for rule in rules(resolved(schema["items"]), resolved))


def _ranges(schema: dict[str, Any]) -> Iterator[str]:
    for low, high, unit in RANGES:
        if low in schema and schema.get(low) == schema.get(high):
            yield f"{schema[low]}{unit}"
        elif low in schema and high in schema:
            yield f"{schema[low]} to {schema[high]}{unit}"
        elif low in schema:
            yield f"at least {schema[low]}{unit}"
        elif high in schema:
            yield f"at most {schema[high]}{unit}"
