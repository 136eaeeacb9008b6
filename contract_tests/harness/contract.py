"""`spec/openapi.yaml`: its operations, their inputs and their responses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import yaml

from harness import ROOT

Json = Any
"""A JSON value. The structure of schemas is not known statically."""

CONTRACT = ROOT / "spec" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
PROBLEM_TYPE = "application/problem+json"
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""LibYAML's loader, if PyYAML was built with it: it is ten times as fast."""


@cache
def document() -> Json:
    """The whole contract document."""
    return yaml.load(CONTRACT.read_bytes(), Loader=LOADER)  # noqa: S506 -- a safe loader


def resolve(node: Json) -> Json:
    """Return a node, or the node that its `$ref` refers to."""
    while "$ref" in node:
        target = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def is_json(media_type: str) -> bool:
    """Return whether a media type is a single JSON value, which NDJSON is not."""
    return media_type == "application/json" or media_type.endswith("+json")


def slug(problem_type: str) -> str:
    """`https://…/problems/not-found` → `not-found`."""
    return problem_type.rpartition("/")[2]


@dataclass(frozen=True)
class Operation:
    """An operation of the contract."""

    method: str
    path: str
    definition: Mapping[str, Json]

    @property
    def id(self) -> str:
        """The `operationId` in the contract."""
        return str(self.definition["operationId"])

    @property
    def access(self) -> str:
        """The authorization: public, customer, owner, owner-or-staff, staff, admin or signature."""
        return str(self.definition["x-access"])

    @property
    def takes_query(self) -> bool:
        """Whether it declares query parameters; any other operation ignores the query."""
        return any(parameter["in"] == "query" for parameter in self.parameters)

    @property
    def is_write(self) -> bool:
        """Whether the method can change state."""
        return self.method != "GET"

    @cached_property
    def responses(self) -> dict[int, Json]:
        """The documented responses by status."""
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
        """Whether the request's body is JSON."""
        return any(is_json(media_type) for media_type in self.body_types)

    @property
    def success_types(self) -> list[str]:
        """The media types of successful responses."""
        return [
            media_type
            for status, answer in self.responses.items()
            if status < 300
            for media_type in answer.get("content", {})
        ]

    @property
    def query_budget(self) -> int:
        """The largest number of SQL statements for a success (spec/runtime.md, Query budgets)."""
        return int(self.definition["x-query-budget"])

    def problems(self, status: int) -> set[str]:
        """Return the problem types that the contract names for a status, as slugs."""
        content = self.responses[status].get("content", {}).get(PROBLEM_TYPE, {})
        return set(content.get("examples", {}))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A pattern that matches the operation's paths."""
        parts = re.split(r"\{\w+\}", self.path)
        return re.compile("[^/]+".join(map(re.escape, parts)))

    def __str__(self) -> str:
        return self.id


@cache
def operations() -> list[Operation]:
    """Return every operation, in the contract's order."""
    return [
        Operation(method.upper(), path, definition)
        for path, item in document()["paths"].items()
        for method, definition in item.items()
        if method in METHODS
    ]


def named(operation_id: str) -> Operation:
    """Return the operation with this operationId."""
    return next(operation for operation in operations() if operation.id == operation_id)


def methods_by_path() -> dict[str, set[str]]:
    """Return the methods of each path, with HEAD and OPTIONS."""
    allowed: dict[str, set[str]] = {}
    for operation in operations():
        methods = allowed.setdefault(operation.path, {"OPTIONS"})
        methods.add(operation.method)
        if operation.method == "GET":
            methods.add("HEAD")
    return allowed


def matching(method: str, path: str) -> Operation | None:
    """Return the operation of a request; an exact path precedes a path with parameters."""
    candidates = [operation for operation in operations() if operation.pattern.fullmatch(path)]
    exact = [operation for operation in candidates if operation.path == path] or candidates
    sought = "GET" if method == "HEAD" else method
    return next((operation for operation in exact if operation.method == sought), None)


def examples() -> Iterator[tuple[str, Json, Json]]:
    """Yield every example of the document: its location, its schema and its value."""
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
