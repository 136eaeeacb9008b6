"""Validation of JSON against the contract's schemas, with its own formats."""

from functools import cache

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from harness import formats
from harness.contract import Json, document

FORMATS = FormatChecker(["date", "date-time", "uuid"])
for _name, _holds in formats.CHECKS.items():
    FORMATS.checks(_name)(_holds)

ANCHOR = "urn:contract"


@cache
def _validator() -> Draft202012Validator:
    from referencing import Registry, Resource  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    contract = Resource.from_contents(document(), default_specification=DRAFT202012)
    registry: Registry[Json] = Registry().with_resource(ANCHOR, contract)
    return Draft202012Validator({}, registry=registry, format_checker=FORMATS)


def _absolute(schema: Json) -> Json:
    if isinstance(schema, list):
        return [_absolute(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{ANCHOR}{value}" if key == "$ref" else _absolute(value)
        for key, value in schema.items()
    }


def errors(schema: Json, value: Json) -> list[str]:
    """What a schema of the contract finds wrong with a value, one line each."""
    found = _validator().evolve(schema=_absolute(schema)).iter_errors(value)
    return [_told(error) for error in found]


def _told(error: ValidationError) -> str:
    return f"at {error.json_path}: {error.message}"
