"""Read `spec/openapi.yaml` for display: operations, their parameters, bodies and responses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from workbench.reader.rules import rules

Json = Any
"""A JSON value. The form of an OpenAPI document is not typed here."""

FILE = "spec/openapi.yaml"
METHODS = ("get", "put", "post", "patch", "delete")
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The YAML loader. The one in C takes a tenth of the time."""


@dataclass(frozen=True)
class Member:
    """A member of an object, a parameter, or a header."""

    name: str
    place: str
    """`path`, `query`, `header`, or empty for a member of a body."""
    required: bool
    type: str
    rules: str
    """Further constraints of the value: `1 to 100, default 20`."""
    description: str


@dataclass(frozen=True)
class Content:
    """A body in one media type."""

    media_type: str
    schema: str
    """The schema's name, or its type if it has no name."""
    members: list[Member]
    example: Json


@dataclass(frozen=True)
class Answer:
    """A status with its headers, bodies and problems."""

    status: str
    description: str
    headers: list[Member]
    contents: list[Content]
    problems: list[str]
    """The last parts of the problem types."""


@dataclass(frozen=True)
class Operation:
    """An operation of the contract. Its references are resolved when they are needed."""

    contract: "Contract"
    method: str
    path: str
    node: Json
    line: int

    @property
    def id(self) -> str:
        return str(self.node["operationId"])

    @property
    def tag(self) -> str:
        """The domain that the operation belongs to."""
        return str(self.node["tags"][0])

    @property
    def summary(self) -> str:
        return str(self.node["summary"])

    @property
    def description(self) -> str:
        """The description in Markdown; empty if it only repeats the summary."""
        text = str(self.node.get("description", ""))
        return "" if text.rstrip(".") == self.summary.rstrip(".") else text

    @property
    def access(self) -> str:
        """The access rule, such as `public`, `customer` or `owner`."""
        return str(self.node["x-access"])

    @property
    def budget(self) -> int:
        """The largest number of SQL statements of a successful request."""
        return int(self.node["x-query-budget"])

    @cached_property
    def parameters(self) -> list[Member]:
        """The parameters in path, query and headers."""
        found = (self.contract.resolved(node) for node in self.node.get("parameters", []))
        return [self.contract.member(node["name"], node, node["in"]) for node in found]

    @cached_property
    def bodies(self) -> list[Content]:
        """The request bodies, one for each media type."""
        return self.contract.contents(self.contract.resolved(self.node.get("requestBody", {})))

    @cached_property
    def answers(self) -> list[Answer]:
        """The responses, one for each status."""
        return [self.contract.answer(*each) for each in self.node["responses"].items()]

    @property
    def problems(self) -> list[str]:
        """The slugs of all problems that the operation can respond with."""
        return list(dict.fromkeys(slug for answer in self.answers for slug in answer.problems))


class Contract:
    def __init__(self, root: Path) -> None:
        """Read the contract. Raises OSError if it is missing, yaml.YAMLError if it is not YAML."""
        text = (root / FILE).read_text()
        self.document: Json = yaml.load(text, Loader=LOADER)  # noqa: S506 -- LOADER is a subclass of SafeLoader
        self._lines = {
            found[1]: number
            for number, line in enumerate(text.splitlines(), 1)
            if (found := re.match(r" +operationId: (\w+)", line))
        }

    @cached_property
    def operations(self) -> list[Operation]:
        """The operations in the order of the document."""
        return [
            Operation(self, method.upper(), path, item[method], self._lines[operation_id])
            for path, item in self.document["paths"].items()
            for method in METHODS
            if method in item and (operation_id := item[method]["operationId"])
        ]

    @property
    def tags(self) -> dict[str, str]:
        """The description of each tag."""
        return {tag["name"]: tag["description"] for tag in self.document["tags"]}

    @property
    def problem_titles(self) -> dict[str, str]:
        """The title of each problem, by its slug."""
        examples = self.document["components"]["examples"]
        return {slug: node["value"]["title"] for slug, node in examples.items()}

    def resolved(self, node: Json) -> Json:
        """Return a node, or the node that its `$ref` refers to."""
        while "$ref" in node:
            target = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def answer(self, status: str, node: Json) -> Answer:
        node = self.resolved(node)
        headers = [self.member(*each) for each in node.get("headers", {}).items()]
        slugs = [
            name
            for content in node.get("content", {}).values()
            for name in content.get("examples", {})
            if name in self.document["components"]["examples"]
        ]
        contents = [] if slugs else self.contents(node)
        return Answer(str(status), node["description"], headers, contents, slugs)

    def contents(self, node: Json) -> list[Content]:
        """Return the bodies of a request or a response, one for each media type."""
        return [self._content(*each) for each in node.get("content", {}).items()]

    def member(self, name: str, node: Json, place: str = "", *, required: bool = False) -> Member:
        """Return a parameter, a header, or a member of an object."""
        described = self.resolved(node)
        schema = self.resolved(described.get("schema", described))
        return Member(
            name,
            place,
            required or described.get("required") is True,
            self.type_of(described.get("schema", node)),
            ", ".join(rules(schema, self.resolved)),
            str(described.get("description") or schema.get("description") or ""),
        )

    def type_of(self, node: Json) -> str:
        """Describe a type: `Order`, `array of OrderLine`, `string (uuid) or null`."""
        schema = self.resolved(node)
        if "$ref" in node and ("properties" in schema or "allOf" in schema):
            return str(node["$ref"].rpartition("/")[2])
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return " or ".join(dict.fromkeys(map(self.type_of, schema[word])))
        types = schema.get("type", "object" if "properties" in schema else "any value")
        types = [types] if isinstance(types, str) else types
        if "enum" in schema:
            return " | ".join("null" if each is None else str(each) for each in schema["enum"])
        return " or ".join(self._type(each, schema) for each in types)

    def _type(self, name: str, schema: Json) -> str:
        if name == "array":
            return f"array of {self.type_of(schema.get('items', {}))}"
        return f"{name} ({schema['format']})" if "format" in schema and name != "null" else name

    def _content(self, media_type: str, node: Json) -> Content:
        schema = node.get("schema", {})
        examples = [self.resolved(each) for each in node.get("examples", {}).values()]
        example = node.get("example", examples[0]["value"] if examples else None)
        return Content(media_type, self.type_of(schema), list(self._members(schema)), example)

    def _members(self, node: Json, prefix: str = "", depth: int = 0) -> Iterator[Member]:
        """Yield the members of an object and, with their path, of the objects inside it."""
        schema = self.resolved(node)
        for part in schema.get("allOf", []):
            yield from self._members(part, prefix, depth)
        required = schema.get("required", [])
        for name, inner in schema.get("properties", {}).items():
            yield self.member(f"{prefix}{name}", inner, required=name in required)
            if depth < 2:
                yield from self._inside(inner, f"{prefix}{name}", depth + 1)

    def _inside(self, node: Json, name: str, depth: int) -> Iterator[Member]:
        schema = self.resolved(node)
        if "items" in schema:
            yield from self._members(schema["items"], f"{name}[].", depth)
        elif self.type_of(node) != "Money":  # its two members are the same everywhere
            yield from self._members(schema, f"{name}.", depth)
