"""Validation of JSON against the contract's schemas and string formats."""

import json
from functools import cache

from jsonschema_rs import Draft202012Validator, Registry, ValidationError

from harness import formats
from harness.contract import Json, document

ANCHOR = "urn:contract"


@cache
def _registry() -> Registry:
    return Registry([(ANCHOR, document())])


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(
        json.loads(schema),
        registry=_registry(),
        formats=formats.CHECKS,
        validate_formats=True,
    )


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
    """Return the validation errors of a value, one line each."""
    found = _validator(json.dumps(_absolute(schema))).iter_errors(value)
    return [_told(error) for error in found]


def _told(error: ValidationError) -> str:
    place = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path
    )
    return f"at ${place}: {error.message}"
