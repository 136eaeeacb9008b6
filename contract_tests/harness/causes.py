"""Groups failures by cause: a faulty server can fail a thousand tests for ten reasons."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness import contract
from harness.report import TestResult

EXPLAINED = re.compile(r"^E +(.*)$", re.MULTILINE)
GENERATED = re.compile(r"^- ST\d+ (.*)$", re.MULTILINE)
"""The form in which Schemathesis reports a failure."""
FAULT = re.compile(r" *- (.*)")
SUBJECT = re.compile(r"(\S+): (\d{3})")
"""The first line of a failed `answers.check`: the operation or path, and the status."""
REQUEST = re.compile(r" *curl -i -X (\S+) '[a-z]+://[^/']+([^'?]*)")
STATUS = re.compile(r" *→ (\d{3})")
VALUE = re.compile(r"^(at \$\S*: ).+ (is|does|should|has) (?!a required)")
"""The beginning of a jsonschema message, which contains the value."""
VARIES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{6,}|0x[0-9a-f]+|[\w.]+@[\w.]+")
WIDTH = 160


@dataclass
class Cause:
    """A cause of failures, the operations that show it, and the tests that failed because of it."""

    told: str
    subjects: dict[str, None] = field(default_factory=dict)
    """In the order in which they occurred."""
    tests: list[TestResult] = field(default_factory=list)


def by_cause(results: Iterable[TestResult]) -> list[Cause]:
    """Group failed tests by cause, most frequent cause first. A test can have several causes."""
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
    """Extract causes and their operations from a failure, without values that vary."""
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
    """Extract the operation and the status of the response, if a failure shows them."""
    request = next(filter(None, map(REQUEST.match, lines)), None)
    status = next(filter(None, map(STATUS.match, lines)), None)
    if not request or not status:
        return None
    operation = contract.matching(*request.groups())
    return f"{operation or _masked(' '.join(request.groups()))} {status[1]}"


def _masked(text: str) -> str:
    text = re.sub(r"\[\d+\]", "[…]", VALUE.sub(r"\1… \2 ", text))
    return VARIES.sub("…", text)[:WIDTH]
