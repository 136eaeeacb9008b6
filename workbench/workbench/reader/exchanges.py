"""The request of a test case, and the responses of the implementations that the suite recorded."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.reader.results import Case

VARYING = re.compile(
    r"""
      [0-9a-f]{8} (?: -? [0-9a-f]{4} ){3} -? [0-9a-f]{12}  # a UUID
    | eyJ[^\s"]+                                  # a JWT
    | \d{4}-\d\d-\d\dT[\d:.]+Z                    # a time
    | \b \d{10} \b                                # seconds since 1970
    | \b 97[89]\d{10} \b                          # an ISBN
    | v1,[\w+/=]{44}                              # a signature
    | "[\w-]{40,}"                                # a token, a cursor, a strong validator
    | (?<= cursor= ) [\w%-]+
    | \b [a-z]{12} \b                             # a random word of the suite
    | 127\.0\.0\.1:\d+
    """,
    re.VERBOSE,
)
"""Values that differ in each run."""
ID = re.compile("([0-9a-f]{8})-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
"""The start of an id identifies it. The random rest is omitted, because it cannot be compressed."""


@dataclass(frozen=True)
class Exchange:
    """A request and a response that several implementations share."""

    names: list[str]
    request: str
    answer: str


def of(case: Case) -> list[Exchange]:
    """Return the exchanges of a case. Responses that differ only in varying values are merged."""
    found: dict[tuple[str, str], Exchange] = {}
    for name, outcome in case.outcomes.items():
        if kept := outcome.get("exchange"):
            request, answer = (_message(text) for text in kept)
            likeness = (VARYING.sub("", request), VARYING.sub("", answer))
            shown = Exchange([], ID.sub(r"\1…", request), ID.sub(r"\1…", answer))
            found.setdefault(likeness, shown).names.append(name)
    return list(found.values())


def _message(text: str) -> str:
    """Format a message: headers sorted and in lower case, JSON indented with sorted members.

    A message that a test sent as raw bytes keeps its form, with visible line ends.
    """
    if "\r" in text:
        return text.replace("\r\n", "\\r\\n\n").replace("\r", "\\r")
    head, gap, content = text.partition("\n\n")
    line, *fields = head.split("\n")
    return "\n".join([line, *_sorted_fields(fields)]) + gap + _indented(content)


def _sorted_fields(fields: Iterable[str]) -> list[str]:
    parts = (field.partition(":") for field in fields)
    return sorted(name.lower() + colon + value for name, colon, value in parts)


def _indented(content: str) -> str:
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError):  # for example, a body of 100,000 brackets
        return content
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
