"""Validation of every response against openapi.yaml."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "openapi.yaml").read_text(encoding="utf-8")
)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, path and definition of every operation."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def operation_of(request: httpx.Request) -> dict[str, Any]:
    """Return the operation that a request belongs to."""
    for method, path, operation in operations():
        pattern = re.sub(r"\{[a-z_]+\}", "[^/]+", path)
        if method == request.method and re.fullmatch(pattern, request.url.path):
            return operation
    raise AssertionError(f"no such operation: {request.method} {request.url.path}")


def check_answer(answer: httpx.Response) -> None:
    """Raise AssertionError for a status, a header or a body that is not documented."""
    operation = operation_of(answer.request)
    where = f"{operation['operationId']} {answer.status_code}"
    assert str(answer.status_code) in operation["responses"], f"{where} is not documented"
    response = resolved(operation["responses"][str(answer.status_code)])
    answer.read()
    for name, header in response.get("headers", {}).items():
        if name in answer.headers:
            check(answer.headers[name], resolved(header)["schema"], f"{where} {name}")
    if "content" not in response:
        assert answer.content == b"", where
        return
    [(content_type, content)] = response["content"].items()
    assert answer.headers["Content-Type"] == content_type, where
    check(answer.json(), content["schema"], where)


def check(value: object, schema: dict[str, Any], where: str) -> None:
    """Raise AssertionError if a value does not match its schema."""
    faults = [fault.message for fault in validator(repr(schema), schema).iter_errors(value)]
    assert not faults, f"{where}: {faults}"


_validators: dict[str, Draft202012Validator] = {}


def validator(name: str, schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of a schema that may refer to the document's components."""
    if name not in _validators:
        whole = {**schema, "components": DOCUMENT["components"]}
        _validators[name] = Draft202012Validator(
            whole, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
    return _validators[name]


@cache
def _component(reference: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def resolved(item: dict[str, Any]) -> dict[str, Any]:
    """Return the item, or the component that it refers to."""
    return _component(item["$ref"]) if "$ref" in item else item
