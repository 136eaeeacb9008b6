"""What a schema asks of a value besides its type, in a few words."""

from collections.abc import Callable, Iterator
from typing import Any

RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
TOLD_BY_FORMAT = {"uuid", "date-time", "email", "uri"}
"""Formats that say all that their pattern and length say."""
NO_CONTROL_CHARACTERS = r"^[^\u0000-"
"""How the pattern of every text begins: a convention, told once for the whole contract."""


def rules(schema: dict[str, Any], resolved: Callable[[Any], Any]) -> Iterator[str]:
    """Ranges, lengths, the default, the pattern; of an array also its items'."""
    if schema.get("format") not in TOLD_BY_FORMAT:
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
