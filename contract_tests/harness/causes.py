"""Failures by what they have in common: a wrong server fails a thousand tests for ten reasons."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness import contract
from harness.report import TestResult

EXPLAINED = re.compile(r"^E +(.*)$", re.MULTILINE)
GENERATED = re.compile(r"^- ST\d+ (.*)$", re.MULTILINE)
"""How Schemathesis names what it has found."""
FAULT = re.compile(r" *- (.*)")
SUBJECT = re.compile(r"(\S+): (\d{3})")
"""How a failed `answers.check` begins: the operation or path, and the status."""
REQUEST = re.compile(r" *curl -i -X (\S+) '[a-z]+://[^/']+([^'?]*)")
STATUS = re.compile(r" *→ (\d{3})")
VALUE = re.compile(r"^(at \$\S*: ).+ (is|does|should|has) (?!a required)")
"""How jsonschema begins to say what is wrong: with the value."""
VARIES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{6,}|0x[0-9a-f]+|[\w.]+@[\w.]+")
WIDTH = 160


@dataclass
class Cause:
    """Something wrong, the operations where it was seen, and the tests that failed for it."""

    told: str
    subjects: dict[str, None] = field(default_factory=dict)
    """In the order of their appearance."""
    tests: list[TestResult] = field(default_factory=list)


def by_cause(results: Iterable[TestResult]) -> list[Cause]:
    """Why tests failed, the most frequent cause first; a test may have failed for several."""
    causes: dict[str, Cause] = {}
    for result in results:
        if result.outcome == "failed":
            for told, subject in _causes(result.failure or ""):
                cause = causes.setdefault(told, Cause(told))
                cause.tests.append(result)
                if subject:
                    cause.subjects[subject] = None
    return sorted(causes.values(), key=lambda cause: -len(cause.tests))


def _causes(failure: str) -> list[tuple[str, str | None]]:
    """What pytest says went wrong, without what differs from run to run, and about what."""
    lines = EXPLAINED.findall(failure) or GENERATED.findall(failure)
    lines = lines or failure.strip().splitlines()[-1:] or [""]
    lines[0] = re.sub(r"^(\w+\.)*AssertionError: ", "", lines[0])
    if found := SUBJECT.fullmatch(lines[0]):
        faults = [fault[1] for line in lines if (fault := FAULT.fullmatch(line))]
        subject = f"{_masked(found[1])} {found[2]}"
        told = dict.fromkeys(_masked(fault.replace(found[1], "it")) for fault in faults)
        return [(each, subject) for each in told]
    return [(_masked(lines[0]), _asked(lines))]


def _asked(lines: list[str]) -> str | None:
    """The request and the status of its answer, where a failure shows them."""
    request = next(filter(None, map(REQUEST.match, lines)), None)
    status = next(filter(None, map(STATUS.match, lines)), None)
    if not request or not status:
        return None
    operation = contract.matching(*request.groups())
    return f"{operation or _masked(' '.join(request.groups()))} {status[1]}"


def _masked(text: str) -> str:
    text = re.sub(r"\[\d+\]", "[…]", VALUE.sub(r"\1… \2 ", text))
    return VARIES.sub("…", text)[:WIDTH]
