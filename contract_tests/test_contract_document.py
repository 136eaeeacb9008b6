"""The contract document itself: valid, complete, bounded, and true to its own examples."""

import re
from collections.abc import Iterator

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness import contract, problems, schemas
from harness.contract import Json, Operation

EVERY = pytest.mark.parametrize("operation", contract.operations(), ids=str)
EXAMPLES = list(contract.examples())
ACCESS = {"public", "customer", "owner", "owner-or-staff", "staff", "admin", "signature"}
COMPONENTS: dict[str, Json] = contract.document()["components"]["schemas"]
FRAMEWORK_PROBLEMS = {"method-not-allowed", "internal-error"}
"""Problems of no operation in particular, hence of no documented answer."""


def test_the_document_is_valid_openapi() -> None:
    errors = OpenAPIV31SpecValidator(contract.document()).iter_errors()
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(("where", "schema", "value"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_an_example_validates_against_its_schema(where: str, schema: Json, value: Json) -> None:
    assert not schemas.errors(schema, value), where


def test_operation_ids_are_unique_and_camel_case() -> None:
    ids = [operation.id for operation in contract.operations()]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)] == []


@EVERY
def test_an_operation_has_one_known_tag_and_says_who_may(operation: Operation) -> None:
    known = {tag["name"] for tag in contract.document()["tags"]}
    assert len(operation.definition["tags"]) == 1
    assert operation.definition["tags"][0] in known
    assert operation.access in ACCESS
    assert (operation.definition["security"] == []) == (operation.access == "public")


@EVERY
def test_every_answer_with_content_has_a_schema_and_an_example(operation: Operation) -> None:
    for status, answer in operation.responses.items():
        assert answer["description"], status
        for media_type, content in answer.get("content", {}).items():
            assert "schema" in content, (status, media_type)
            is_picture = media_type.startswith("image/")
            assert is_picture or {"example", "examples"} & content.keys(), (status, media_type)


@EVERY
def test_every_answer_documents_the_headers_of_every_answer(operation: Operation) -> None:
    for status, answer in operation.responses.items():
        assert {"X-Request-Id", "Cache-Control"} <= answer["headers"].keys(), status


@EVERY
def test_the_statuses_follow_from_what_the_operation_takes(operation: Operation) -> None:
    statuses = set(operation.responses)
    limited = {"query", "header"} & {parameter["in"] for parameter in operation.parameters}
    assert (422 in statuses) == bool(limited or operation.body_types)
    if operation.access in {"customer", "staff", "admin"}:
        assert 401 in statuses
    if operation.access in {"staff", "admin"}:
        assert 403 in statuses
    if "{" in operation.path:
        assert 404 in statuses
    assert (406 in statuses) == bool(set(operation.success_types) - {"application/json"})
    if operation.body_types:
        assert {413, 415} <= statuses


@EVERY
def test_every_input_is_bounded(operation: Operation) -> None:
    inputs = [parameter["schema"] for parameter in operation.parameters]
    content = operation.definition.get("requestBody", {}).get("content", {})
    inputs += [body["schema"] for body in content.values()]
    open_objects = ["/: object", "/data: object"] if operation.access == "signature" else []
    assert [where for schema in inputs for where in _unbounded(schema, "")] == open_objects


def _unbounded(node: Json, where: str) -> Iterator[str]:
    """Yield each place where a schema takes strings, numbers, arrays or objects of any size.

    A binary body is limited in bytes, which JSON Schema cannot express: 413 is tested instead.
    """
    schema = contract.resolve(node)
    if schema.get("format") == "binary":
        return
    for option in schema.get("oneOf", []):
        yield from _unbounded(option, where)
    kinds = schema.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    bounds = {
        "string": {"maxLength"},
        "integer": {"minimum", "maximum"},
        "number": {"minimum", "maximum"},
        "array": {"maxItems"},
    }
    for kind in kinds & bounds.keys():
        if not bounds[kind] <= schema.keys() and not {"enum", "const"} & schema.keys():
            yield f"{where or '/'}: {kind}"
    if "object" in kinds and schema.get("additionalProperties", True) is not False:
        yield f"{where or '/'}: object"
    for name, member in schema.get("properties", {}).items():
        yield from _unbounded(member, f"{where}/{name}")
    if "items" in schema:
        yield from _unbounded(schema["items"], f"{where}/0")


def _schemas(node: Json, where: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every schema below a node of the document, with its place."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _schemas(item, f"{where}/{index}")
    elif isinstance(node, dict):
        if {"type", "oneOf", "$ref"} & node.keys():
            yield where, node
        for key, item in node.items():
            if key not in {"example", "examples"}:
                yield from _schemas(item, f"{where}/{key}")


def _reachable(node: Json, seen: set[str]) -> set[str]:
    """Add to `seen` the names of all component schemas that a node refers to."""
    for _, schema in _schemas(node):
        name = str(schema.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in COMPONENTS and name not in seen:
            seen.add(name)
            _reachable(COMPONENTS[name], seen)
    return seen


def _objects(names: set[str]) -> dict[str, Json]:
    return {name: COMPONENTS[name] for name in names if COMPONENTS[name].get("type") == "object"}


def _sent() -> dict[str, Json]:
    """Return the objects that clients send."""
    bodies = [each.definition.get("requestBody", {}) for each in contract.operations()]
    return _objects(_reachable(bodies, set()))


def _received() -> dict[str, Json]:
    """Return the objects that clients receive."""
    return _objects(_reachable([each.responses for each in contract.operations()], set()))


def test_objects_of_requests_are_closed_but_those_of_events() -> None:
    closed = {name for name, node in _sent().items() if node.get("additionalProperties") is False}
    assert _sent().keys() - closed == {"PaymentEvent", "PaymentEventData"}


def test_objects_of_answers_are_open_and_are_not_sent() -> None:
    assert [name for name, node in _received().items() if "additionalProperties" in node] == []
    assert _sent().keys() & _received().keys() == set()


def test_enumerations_and_objects_of_bodies_have_names() -> None:
    """Generated code names an inline schema after its place: `Type1`, `Status2`, `Data`."""
    inline = [
        f"{name}{where}"
        for name, component in COMPONENTS.items()
        for where, node in _schemas(component)
        if where and ("enum" in node or "properties" in node)
    ]
    assert inline == []


def test_null_is_an_option_of_its_own() -> None:
    """An enumeration with null in it, or a list of types, breaks several client generators."""
    for where, node in _schemas(contract.document()):
        assert not isinstance(node.get("type"), list), where
        assert None not in node.get("enum", []), where


def test_names_of_enumerated_values_belong_to_them() -> None:
    named = {name: node for name, node in COMPONENTS.items() if "x-enum-varnames" in node}
    for name, node in named.items():
        assert len(node["x-enum-varnames"]) == len(node["enum"]), name
    kinds = COMPONENTS["ProblemType"]
    assert kinds["x-enum-varnames"] == [
        contract.slug(uri).upper().replace("-", "_") for uri in kinds["enum"]
    ]


@EVERY
def test_a_patch_has_one_media_type(operation: Operation) -> None:
    if operation.method == "PATCH":
        assert operation.body_types == ["application/merge-patch+json"]


@EVERY
def test_links_name_operations_and_their_parameters(operation: Operation) -> None:
    for answer in operation.responses.values():
        for link in answer.get("links", {}).values():
            linked = contract.named(link["operationId"])
            names = {parameter["name"] for parameter in linked.parameters}
            assert link.get("parameters", {}).keys() <= names
            assert isinstance(link.get("requestBody", ""), str), "openapi-generator takes a string"


def test_the_texts_of_errors_are_those_of_the_document() -> None:
    types = [contract.slug(uri) for uri in COMPONENTS["ProblemType"]["enum"]]
    assert list(problems.registry()["problem_types"]) == types
    assert list(problems.registry()["field_errors"]) == COMPONENTS["ErrorCode"]["enum"]
    for example in contract.document()["components"]["examples"].values():
        assert problems.faults(example["value"], with_details=True) == []


def test_the_registry_of_problems_is_complete() -> None:
    registry = {contract.slug(uri) for uri in COMPONENTS["ProblemType"]["enum"]}
    examples = contract.document()["components"]["examples"]
    shown = {contract.slug(example["value"]["type"]) for example in examples.values()}
    used = {
        problem
        for operation in contract.operations()
        for status in operation.responses
        for problem in operation.problems(status)
    }
    assert used == shown == registry - FRAMEWORK_PROBLEMS


def test_a_problem_has_one_status_and_one_title() -> None:
    examples = contract.document()["components"]["examples"]
    for name, example in examples.items():
        assert contract.slug(example["value"]["type"]) == name
    for operation in contract.operations():
        for status in operation.responses:
            for problem in operation.problems(status):
                assert examples[problem]["value"]["status"] == status
