"""`spec/problems.yaml`: the titles and details of problems and field errors."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import yaml

from harness import ROOT
from harness.contract import LOADER, Json, slug

FILE = ROOT / "spec" / "problems.yaml"
PLACEHOLDER = re.compile(r"\\\{\w+\\\}")


@cache
def registry() -> dict[str, dict[str, Any]]:
    """Return the whole file: `problem_types` and `field_errors`."""
    loaded: dict[str, dict[str, Any]] = yaml.load(FILE.read_bytes(), Loader=LOADER)  # noqa: S506 -- a safe loader
    return loaded


def detail(name: str, expected: str = "", *, special: int = 0, **values: object) -> str:
    """Return a detail of a field error code or a problem type, with its placeholders filled in.

    `expected` is the short name of what was expected. `special` is the number of another detail,
    from 1, where it is not the usual one.
    """
    entry = _entry(name)
    if special:
        text = entry["other_details"][special - 1]
    else:
        text = entry["detail"].replace("{expected}", entry.get("expected", {}).get(expected, ""))
    return str(text.format(**values))


def faults(problem: Json, *, with_details: bool) -> list[str]:
    """Return how the texts of a problem differ from the file, one line each."""
    name = slug(problem.get("type", ""))
    entry = registry()["problem_types"].get(name)
    if entry is None:
        return [f"problems.yaml does not list {name}"]
    found = [
        f"the problem's {member}: {problem.get(member)}, not {entry[member]}"
        for member in ("title", "status")
        if problem.get(member) != entry[member]
    ]
    if with_details:
        found += _faults_of_detail(name, problem)
        found += faults_of_fields(problem.get("errors", []))
    return found


def faults_of_fields(errors: Iterable[Json]) -> list[str]:
    """Return the details of field errors that are not those of their code."""
    return [fault for error in errors for fault in _faults_of_detail(error["code"], error)]


def _entry(name: str) -> dict[str, Any]:
    known = {**registry()["problem_types"], **registry()["field_errors"]}
    entry: dict[str, Any] = known[name]
    return entry


def _details(entry: dict[str, Any]) -> list[str]:
    expected = entry.get("expected", {}).values()
    usual = [entry["detail"].replace("{expected}", each) for each in expected]
    return [*(usual or [entry["detail"]]), *entry.get("other_details", [])]


@cache
def _pattern(name: str) -> re.Pattern[str]:
    templates = (PLACEHOLDER.sub(".+", re.escape(text)) for text in _details(_entry(name)))
    return re.compile("|".join(templates), re.DOTALL)


def _faults_of_detail(name: str, node: Json) -> list[str]:
    if _pattern(name).fullmatch(node.get("detail", "")):
        return []
    return [f"problems.yaml has no such detail of {name}: {node.get('detail')}"]
