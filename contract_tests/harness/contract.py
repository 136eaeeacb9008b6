"""`spec/openapi.yaml` as the suite sees it: operations, what they take, what they may answer."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import yaml

from harness import ROOT

Json = Any
"""A JSON value. JSON Schema's documents are dynamic by nature."""

CONTRACT = ROOT / "spec" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
PROBLEM_TYPE = "application/problem+json"
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where PyYAML was built with it, takes a tenth of the time."""


@cache
def document() -> Json:
    """The whole contract document."""
    return yaml.load(CONTRACT.read_bytes(), Loader=LOADER)  # noqa: S506 -- LOADER is a subclass of SafeLoader


def resolve(node: Json) -> Json:
    """A node, or what its `$ref` names."""
    while "$ref" in node:
        target = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def is_json(media_type: str) -> bool:
    """Whether a media type is one JSON value; NDJSON is a line each."""
    return media_type == "application/json" or media_type.endswith("+json")


def slug(problem_type: str) -> str:
    """`https://…/problems/not-found` → `not-found`."""
    return problem_type.rpartition("/")[2]


@dataclass(frozen=True)
class Operation:
    """One operation of the contract."""

    method: str
    path: str
    definition: Mapping[str, Json]

    @property
    def id(self) -> str:
        return str(self.definition["operationId"])

    @property
    def access(self) -> str:
        """Who may: public, customer, owner, owner-or-staff, staff, admin or signature."""
        return str(self.definition["x-access"])

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @cached_property
    def responses(self) -> dict[int, Json]:
        """The documented answers by status."""
        return {int(status): resolve(node) for status, node in self.definition["responses"].items()}

    @cached_property
    def parameters(self) -> list[Json]:
        """Path, query and header parameters."""
        return [resolve(node) for node in self.definition.get("parameters", [])]

    @property
    def body_types(self) -> list[str]:
        """The media types of the request's body."""
        return list(self.definition.get("requestBody", {}).get("content", {}))

    @property
    def takes_json(self) -> bool:
        """Whether its body is JSON."""
        return any(is_json(media_type) for media_type in self.body_types)

    @property
    def success_types(self) -> list[str]:
        """The media types of its successful answers."""
        return [
            media_type
            for status, answer in self.responses.items()
            if status < 300
            for media_type in answer.get("content", {})
        ]

    @property
    def query_budget(self) -> int:
        """How many SQL statements a plain success may need at most."""
        return int(self.definition["x-query-budget"])

    def problems(self, status: int) -> set[str]:
        """The problem types that the contract names for a status, as slugs."""
        content = self.responses[status].get("content", {}).get(PROBLEM_TYPE, {})
        return set(content.get("examples", {}))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What its paths look like."""
        parts = re.split(r"\{\w+\}", self.path)
        return re.compile("[^/]+".join(map(re.escape, parts)))

    def __str__(self) -> str:
        return self.id


@cache
def operations() -> list[Operation]:
    """Every operation, in the contract's order."""
    return [
        Operation(method.upper(), path, definition)
        for path, item in document()["paths"].items()
        for method, definition in item.items()
        if method in METHODS
    ]


def named(operation_id: str) -> Operation:
    """The operation with this operationId."""
    return next(operation for operation in operations() if operation.id == operation_id)


def methods_by_path() -> dict[str, set[str]]:
    """What each path allows, HEAD and OPTIONS included."""
    allowed: dict[str, set[str]] = {}
    for operation in operations():
        methods = allowed.setdefault(operation.path, {"OPTIONS"})
        methods.add(operation.method)
        if operation.method == "GET":
            methods.add("HEAD")
    return allowed


def matching(method: str, path: str) -> Operation | None:
    """The operation that serves a request; a path without parameters goes before one with them."""
    candidates = [operation for operation in operations() if operation.pattern.fullmatch(path)]
    exact = [operation for operation in candidates if operation.path == path] or candidates
    sought = "GET" if method == "HEAD" else method
    return next((operation for operation in exact if operation.method == sought), None)


def examples() -> Iterator[tuple[str, Json, Json]]:
    """Every example of the document: where it stands, its schema, its value."""
    yield from _examples(document(), "#")


def _examples(node: Json, where: str) -> Iterator[tuple[str, Json, Json]]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _examples(item, f"{where}/{index}")
        return
    if not isinstance(node, dict):
        return
    if "schema" in node:
        if "example" in node:
            yield f"{where}/example", node["schema"], node["example"]
        for name, example in node.get("examples", {}).items():
            yield f"{where}/examples/{name}", node["schema"], resolve(example)["value"]
    elif "example" in node and "type" in node:
        yield f"{where}/example", {k: v for k, v in node.items() if k != "example"}, node["example"]
    for key, item in node.items():
        if key not in {"example", "examples"}:
            yield from _examples(item, f"{where}/{key}")
