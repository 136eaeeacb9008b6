"""Requests with one fault, and requests that match no operation."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from harness import pictures
from harness.contract import Json, resolve
from harness.lockstep.steps import Step
from harness.lockstep.values import body_schema, wrong

NO_ID = ["not-an-id", "1", "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e1"]
INTEGERS = ["abc", "1.5", ""]
"""Ids and integers that no framework accepts. The contract leaves other forms to the framework."""
TOKENS = [
    "Bearer",
    "Bearer x",
    "Bearer a.b.c",
    "bearer a.b.c",
    "Basic YTpi",
    "Token a.b.c",
    "",
    "x",
]
ACCEPTS = ["*/*", "application/json", "application/*", "application/json;q=0.1, */*;q=0"]
ACCEPTS += ["text/csv", "text/*;q=0.3, application/x-ndjson;q=0.2", "application/x-ndjson"]
ACCEPTS += ["application/json;q=0", "text/html", "text/html, */*;q=0.01", "image/png", "image/*"]
ACCEPTS += ["APPLICATION/JSON", "application/yaml", "application/problem+json", "*/*;q=0"]
ACCEPTS += ["application/json; charset=utf-8", "application/json;q=0, */*", ""]
TYPES = ["text/plain", "application/xml", "", "json", "application/x-www-form-urlencoded"]
TYPES += ["image/gif"]
UNREADABLE = [b"", b"{", b"\xff", b"\xef\xbb\xbf{}", b"{} x", b"'a'", b"nul", b"{}\0"]
UNREADABLE += [b'{"a": 01}', b'{"a": .5}', b'{"a": "\x01"}']
"""Bodies that are not JSON, which are a 400. NaN or deep nesting may be a 400 or a 422."""
UNFIT = [b"[]", b"null", b"5", b'"x"', b"true", b"[{}]", b'{"": 1}', b'{"a": 1, "a": 2}']
KEYS = ["x" * 256, "a b", "é", ""]
TAGS = ['"v999"', "v1", '"', "", "W/*", '"a", *', "*, *", '"a" "b"', 'w/"v1"', "é", ",", '"a,b"']
DAYS = ["2026-2-1", "2026-02-30", "20260201", "2026-02-01T00:00:00Z", "0000-01-01", "", "x"]
DAYS += ["1900-01-01", "9999-12-31"]
CURSORS = ["x", "", "W10", "bnVsbA", "é", "====", "eyJhIjoxfQ", "WzEsMiwzXQ", "WyJuZXdlc3QiLDEsMl0"]
BESIDE = ["/", "/x", ".json"]
FILES = [b"", b"\xff", b"GIF89a", pictures.png()[:40], pictures.JPEG[:60], pictures.WEBP[:20]]
FILES += [pictures.png(4097, 1), pictures.png() + b"x", b"isbn", b"\xef\xbb\xbf"]

Spoiler = Callable[[Random, Step], Step]


def spoilt(random: Random, step: Step) -> Step:
    """Return the step with one random fault."""
    operation = step.operation
    kinds: list[Spoiler] = [_wrong_query, _wrong_query] if operation.takes_query else []
    if operation.takes_json:
        kinds += [_wrong_body] * 5 + [_unreadable, _wrong_type]
    elif operation.body_types:
        kinds += [_wrong_file, _wrong_type]
    if step.path:
        kinds.append(_no_id)
    if any(parameter["in"] == "header" for parameter in operation.parameters):
        kinds += [_wrong_head] * 3
    if operation.access not in {"public", "signature"}:
        kinds.append(_stranger)
    if 406 in operation.responses:
        kinds.append(_accepting)
    if operation.access == "signature":
        kinds.append(_unsigned)
    return random.choice(kinds)(random, step)


def _wrong_query(random: Random, step: Step) -> Step:
    known = [each for each in step.operation.parameters if each["in"] == "query"]
    kept = list(step.query)
    kind = random.choice(["unknown", "repeated", "value", "value", "missing"])
    if kind == "unknown":
        names = ["unknown", "limit ", "Limit", "é", "", "sort[]", "id"]
        kept.append((random.choice(names), random.choice(["1", "", "é"])))
    elif kind == "repeated" and kept:
        kept.append(random.choice(kept))
    elif kind == "missing":
        kept = kept[1:]
    else:
        parameter = random.choice(known)
        kept = [(name, value) for name, value in kept if name != parameter["name"]]
        kept.append((parameter["name"], _wrong_value(random, parameter)))
    return replace(step, query=tuple(kept), faults=(422,))


def _wrong_value(random: Random, parameter: Json) -> str:
    schema = resolve(parameter["schema"])
    if parameter["name"] == "cursor":
        return random.choice(CURSORS)
    if parameter["name"] in {"from", "to"}:
        return random.choice(DAYS)
    texts = ["", "x" * 201, "a\x00b", "EN", "engl", "en-us", "a\n"]
    if schema["type"] == "integer":
        texts = [*INTEGERS, str(schema["minimum"] - 1), str(schema["maximum"] + 1)]
    elif schema["type"] == "boolean":
        texts = ["maybe", "", "null"]
    elif "enum" in schema:
        first = schema["enum"][0]
        texts = ["", "unknown", first.upper(), first + " "]
    elif schema.get("format") == "uuid":
        texts = ["not-an-id", "", "1", "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e1", "é"]
    return random.choice(texts)


def _wrong_body(random: Random, step: Step) -> Step:
    return replace(step, body=wrong(random, body_schema(step.operation)), faults=(422,))


def _unreadable(random: Random, step: Step) -> Step:
    fault, contents = random.choice([(400, UNREADABLE), (422, UNFIT)])
    return replace(step, body=random.choice(contents), faults=(fault,))


def _wrong_type(random: Random, step: Step) -> Step:
    kind = random.choice([None, *TYPES])
    return replace(step, headers=(*step.headers, ("Content-Type", kind)), faults=(415,))


def _wrong_file(random: Random, step: Step) -> Step:
    return replace(step, body=random.choice(FILES), faults=(400, 422))


def _no_id(random: Random, step: Step) -> Step:
    name = random.choice(sorted(step.path))
    return replace(step, path={**step.path, name: random.choice(NO_ID)}, faults=(404,))


def _wrong_head(random: Random, step: Step) -> Step:
    names = [each["name"] for each in step.operation.parameters if each["in"] == "header"]
    name = random.choice(names)
    values: dict[str, list[str | None]] = {
        "If-Match": [None, *TAGS],
        "If-None-Match": [*TAGS],
        "Idempotency-Key": [None, *KEYS],
    }
    value = random.choice(values.get(name, [None, "", "é", "x" * 2000, "1"]))
    faults = (400, 401, 412, 422, 428)
    return replace(step, headers=(*step.headers, (name, value)), faults=faults)


def _stranger(random: Random, step: Step) -> Step:
    token = random.choice([None, *TOKENS])
    return replace(step, headers=(*step.headers, ("Authorization", token)))


def _accepting(random: Random, step: Step) -> Step:
    accept = random.choice(ACCEPTS)
    return replace(step, headers=(*step.headers, ("Accept", accept)), faults=(406,))


def _unsigned(random: Random, step: Step) -> Step:
    return replace(step, signed=random.choice(["", "forged", "old"]))


def beside(random: Random, step: Step) -> Step:
    """Return the step with HEAD, another method or another path."""
    if random.randint(0, 1):
        return replace(step, method=random.choice(["HEAD", "PUT", "PATCH", "TRACE"]))
    return replace(step, suffix=random.choice(BESIDE))
