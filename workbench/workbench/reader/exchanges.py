"""The request that a case is about, and what each implementation answered, as the suite kept it."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.reader.results import Case

CHANCE = re.compile(
    r"""
      [0-9a-f]{8} (?: -? [0-9a-f]{4} ){3} -? [0-9a-f]{12}  # a UUID
    | eyJ[^\s"]+                                  # a JWT
    | \d{4}-\d\d-\d\dT[\d:.]+Z                    # a moment
    | \b \d{10} \b                                # seconds since 1970
    | \b 97[89]\d{10} \b                          # an ISBN
    | v1,[\w+/=]{44}                              # a signature
    | "[\w-]{40,}"                                # a token, a cursor, a strong validator
    | (?<= cursor= ) [\w%-]+
    | \b [a-z]{12} \b                             # a word that the suite made up
    | 127\.0\.0\.1:\d+
    """,
    re.VERBOSE,
)
"""What is another one in each run."""
ID = re.compile("([0-9a-f]{8})-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
"""Its beginning tells ids apart. What is left out is chance, which nothing packs."""


@dataclass(frozen=True)
class Exchange:
    """Implementations that were asked the same and answered the same."""

    names: list[str]
    request: str
    answer: str


def of(case: Case) -> list[Exchange]:
    """A case's exchanges: one, where all agree in everything but what chance made."""
    found: dict[tuple[str, str], Exchange] = {}
    for name, outcome in case.outcomes.items():
        if kept := outcome.get("exchange"):
            request, answer = (_message(text) for text in kept)
            likeness = (CHANCE.sub("", request), CHANCE.sub("", answer))
            shown = Exchange([], ID.sub(r"\1…", request), ID.sub(r"\1…", answer))
            found.setdefault(likeness, shown).names.append(name)
    return list(found.values())


def _message(text: str) -> str:
    """With the headers in one order and case, and JSON for reading: members by their names.

    What went over a socket byte by byte stays as it was, with the ends of its lines to be seen.
    """
    if "\r" in text:
        return text.replace("\r\n", "\\r\\n\n").replace("\r", "\\r")
    head, gap, content = text.partition("\n\n")
    line, *fields = head.split("\n")
    return "\n".join([line, *_tidied(fields)]) + gap + _for_reading(content)


def _tidied(fields: Iterable[str]) -> list[str]:
    parts = (field.partition(":") for field in fields)
    return sorted(name.lower() + colon + value for name, colon, value in parts)


def _for_reading(content: str) -> str:
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError):  # a bomb of brackets is shown as it is
        return content
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
