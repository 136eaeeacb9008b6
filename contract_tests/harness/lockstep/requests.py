"""Any operation of the contract, by anybody, right, or wrong in one place."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from harness import contract, formats, pictures
from harness.client import MERGE_PATCH
from harness.contract import Json, Operation, resolve
from harness.lockstep.rows import file
from harness.lockstep.steps import NOBODY, PEOPLE, Pairs, Step, step
from harness.lockstep.values import CARDS, KNOWN, Symbol, one, right, thing, wrong
from harness.sales import ADDRESS, SHIPMENT

NO_ID = ["not-an-id", "8D6D4A9E-4F0B-4C7E-9A51-0C2F7D1B3E11", "8d6d4a9e4f0b4c7e9a510c2f7d1b3e11"]
NO_ID += ["{8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11}", "%00", "%FF", "é", "1", "%20", "a%2Fb"]
ODD_INTEGERS = ["+5", "1_0", " 5", "5 ", "٣", "0x10", "5.0", "1e1", "", "-", "--5", "9" * 30, "²"]
ODD_TOKENS = [
    "Bearer",
    "Bearer x",
    "Bearer a.b.c",
    "Basic YTpi",
    "",
    "bearer a.b.c",
    "x",
    "Token a.b.c",
]
ACCEPTS = ["*/*", "application/json", "application/*", "application/json;q=0.1, */*;q=0"]
ACCEPTS += ["text/csv", "text/*;q=0.3, application/x-ndjson;q=0.2", "application/x-ndjson"]
ACCEPTS += ["application/json;q=0", "text/html", "text/html, */*;q=0.01", "image/png", "image/*"]
ACCEPTS += ["APPLICATION/JSON", "application/yaml", "application/problem+json", "*/*;q=0"]
ACCEPTS += ["application/json; charset=utf-8", "application/json;q=0, */*", ""]
BODY_TYPES = [
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    'application/json;charset="UTF-8"',
]
WRONG_TYPES = [
    "text/plain",
    "application/json; charset=latin-1",
    "application/xml",
    None,
    "",
    "json",
]
WRONG_TYPES += [
    "application/x-www-form-urlencoded",
    "application/json, text/plain",
    "multipart/form-data",
]
UNREADABLE = [
    b"",
    b"{",
    b"\xff",
    b"\xef\xbb\xbf{}",
    b'{"a": NaN}',
    b'{"a": "\\ud800"}',
    b"{} x",
    b"'a'",
]
UNREADABLE += [
    b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}",
    b"nul",
    b'{"a": 1e999999}',
    b"{}" + b"\x00",
]
UNREADABLE += [b'{"a": Infinity}', b'{"a": 01}', b'{"a": .5}', b'{"a": "\x01"}', b"[" * 100_000]
UNFIT = [b"[]", b"null", b"5", b'"x"', b"true", b"[{}]", b'{"": 1}', b'{"a": 1, "a": 2}']
REQUEST_IDS = ["req-7f3a9c", "x" * 128, "x" * 129, "a b", "é", "", "a/b", "a\tb"]
KEYS = ["key", "x" * 255, "~!", "q\"uo'te", "key"]
ODD_KEYS = ["x" * 256, "a b", "é", ""]
TAGS = ["*", "current", "weak", "list", "old"]
ODD_TAGS = [
    '"v999"',
    "v1",
    '"',
    "",
    "W/*",
    '"a", *',
    "*, *",
    '"a" "b"',
    'w/"v1"',
    "é",
    ",",
    '"a,b"',
]


QUERIES = ["hobbit", "EMI", "the h", "third", "9", "“", "x", "hob bit", "%", "e\u0301", "name", "ω"]
DAYS = ["2026-2-1", "2026-02-30", "20260201", "2026-02-01T00:00:00Z", "0000-01-01", "", "x"]
DAYS += ["٢٠٢٦-٠١-٠١", "1900-01-01", "9999-12-31", "2026-02-01\n"]
CURSORS = ["x", "", "W10", "bnVsbA", "é", "====", "eyJhIjoxfQ", "WzEsMiwzXQ", "WyJuZXdlc3QiLDEsMl0"]
BESIDE = ["/", "/x", ".json", "//", "%2F", ";a=b", "/..", "%"]
OPERATIONS = [each.id for each in contract.operations()]
LISTS = [name for name in OPERATIONS if name.startswith("list")]


def script(random: Random, length: int, operations: list[str] = OPERATIONS) -> list[Step]:
    """A sequence of requests: single ones, some again, walks along a list, purchases."""
    steps: list[Step] = []
    while len(steps) < length:
        act = random.randint(0, 19)
        if act == 0:
            steps += _walk(random)
        elif act == 1:
            steps += _purchase(random)
        elif act < 4 and steps:
            steps.append(replace(steps[-1]))
        else:
            steps.append(request(random, one(random, operations)))
    return steps


def request(random: Random, operation_id: str) -> Step:
    """A request to an operation: right, with one fault, or beside it."""
    step, kind = _right(random, operation_id), random.randint(0, 15)
    if kind == 0:
        return _beside(random, step)
    return _wrong(random, step) if kind < 7 else step


def _right(random: Random, operation_id: str) -> Step:
    """Nothing is wrong with its form; whether it fits the state of things is open."""
    operation = contract.named(operation_id)
    headers: list[tuple[str, Json]] = []
    query: list[tuple[str, Json]] = []
    path: dict[str, Json] = {}
    for parameter in operation.parameters:
        name = parameter["name"]
        if parameter["in"] == "path":
            path[name] = thing(random, name.removesuffix("_id"))
        elif parameter["in"] == "query":
            if parameter.get("required") or random.randint(0, 3) == 0:
                query.append((name, _query_value(random, operation, parameter)))
        elif value := _header(random, operation, parameter):
            headers.append((name, value))
    if random.randint(0, 7) == 0:
        headers.append(("X-Request-Id", one(random, REQUEST_IDS)))
    who = _somebody(random, operation)
    step = Step(operation_id, who, path, tuple(query), tuple(headers))
    if operation.access == "signature":
        step = replace(step, signed="good")
    return _with_body(random, step)


def _somebody(random: Random, operation: Operation) -> str:
    """Mostly somebody who may."""
    who = {
        "public": [NOBODY, NOBODY, "ada"],
        "signature": [NOBODY],
        "staff": ["staff"] * 8 + ["admin"] * 3 + ["ada"],
        "admin": ["admin"] * 9 + ["staff"],
    }.get(operation.access, ["ada"] * 6 + ["ben", "staff", "last"])
    return one(random, who)


def _query_value(random: Random, operation: Operation, parameter: Json) -> Json:
    name = parameter["name"]
    if name == "cursor":
        return Symbol("cursor", operation.id)
    if name == "q":
        return one(random, QUERIES)
    if name == "limit":
        return one(random, [1, 2, 100, "007"])
    value = right(random, parameter["schema"], name)
    return int(value) if isinstance(value, float) else value


def _header(random: Random, operation: Operation, parameter: Json) -> Json:
    """A parameter of the request's head that is right, or none."""
    name = parameter["name"]
    if name == "Idempotency-Key":
        return one(random, [*[Symbol("key", number=random.randint(0, 9999))] * 8, *KEYS])
    if name == "If-None-Match" and operation.is_write:
        return one(random, [None, "*"])
    if name in {"If-Match", "If-None-Match"}:
        tags = ["current"] * 12 * operation.is_write + TAGS
        is_left_out = not parameter.get("required") and random.randint(0, 2)
        return None if is_left_out else Symbol("etag", one(random, tags))
    return None


def _with_body(random: Random, step: Step) -> Step:
    operation = step.operation
    if not operation.body_types:
        return step
    kind = one(random, operation.body_types)
    if operation.id == "importBooks":
        return replace(step, body=file(random, kind), body_type=kind)
    if not operation.takes_json:
        pictured = pictures.png(shade=random.randint(0, 2)) if kind.endswith("png") else None
        return replace(step, body=pictured or pictures.BY_TYPE[kind], body_type=kind)
    if random.randint(0, 9) == 0:
        kind = one(random, BODY_TYPES)
    return replace(step, body=right(random, body_schema(operation)), body_type=kind)


def body_schema(operation: Operation) -> Json:
    """The schema of an operation's JSON."""
    kind = MERGE_PATCH if MERGE_PATCH in operation.body_types else "application/json"
    return operation.definition["requestBody"]["content"][kind]["schema"]


Spoiler = Callable[[Random, Step], Step]


def _wrong(random: Random, step: Step) -> Step:
    """The same step with one fault."""
    operation = step.operation
    kinds: list[Spoiler] = [_wrong_query, _wrong_query]
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
    if operation.success_types:
        kinds.append(_accepting)
    if operation.access == "signature":
        kinds.append(_unsigned)
    return one(random, kinds)(random, step)


def _wrong_query(random: Random, step: Step) -> Step:
    known = [each for each in step.operation.parameters if each["in"] == "query"]
    kept = list(step.query)
    kind = one(random, ["unknown", "repeated", "value", "value", "missing"])
    if kind == "unknown" or not known:
        names = ["unknown", "limit ", "Limit", "é", "", "sort[]", "id"]
        kept.append((one(random, names), one(random, ["1", "", "é"])))
    elif kind == "repeated" and kept:
        kept.append(one(random, kept))
    elif kind == "missing":
        kept = kept[1:]
    else:
        parameter = one(random, known)
        kept = [(name, value) for name, value in kept if name != parameter["name"]]
        kept.append((parameter["name"], _wrong_value(random, parameter)))
    return replace(step, query=tuple(kept), faults=(422,))


def _wrong_value(random: Random, parameter: Json) -> str:
    schema = resolve(parameter["schema"])
    if parameter["name"] == "cursor":
        return one(random, CURSORS)
    if parameter["name"] in {"from", "to"}:
        return one(random, DAYS)
    if schema["type"] == "integer":
        return one(random, [*ODD_INTEGERS, str(schema["minimum"] - 1), str(schema["maximum"] + 1)])
    if schema["type"] == "boolean":
        return one(random, ["True", "1", "yes", "", "TRUE", "null"])
    if "enum" in schema:
        first = schema["enum"][0]
        return one(random, ["", "unknown", first.upper(), first + " "])
    if schema.get("format") == "uuid":
        return one(random, [*NO_ID, ""])
    return one(random, ["", "x" * 201, "a\x00b", "EN", "engl", "en-us", "a\n"])


def _wrong_body(random: Random, step: Step) -> Step:
    return replace(step, body=wrong(random, body_schema(step.operation)), faults=(422,))


def _unreadable(random: Random, step: Step) -> Step:
    fault, contents = one(random, [(400, UNREADABLE), (422, UNFIT)])
    return replace(step, body=one(random, contents), faults=(fault,))


def _wrong_type(random: Random, step: Step) -> Step:
    kind = one(random, WRONG_TYPES)
    return replace(step, headers=(*step.headers, ("Content-Type", kind)), faults=(415,))


def _wrong_file(random: Random, step: Step) -> Step:
    contents = [
        b"",
        b"\xff",
        b"GIF89a",
        pictures.png()[:40],
        pictures.JPEG[:60],
        pictures.WEBP[:20],
    ]
    contents += [pictures.png(4097, 1), pictures.png() + b"x", b"isbn", b"\xef\xbb\xbf"]
    return replace(step, body=one(random, contents), faults=(400, 422))


def _no_id(random: Random, step: Step) -> Step:
    name = one(random, sorted(step.path))
    return replace(step, path={**step.path, name: one(random, NO_ID)}, faults=(404,))


def _wrong_head(random: Random, step: Step) -> Step:
    names = [each["name"] for each in step.operation.parameters if each["in"] == "header"]
    name = one(random, names)
    values: dict[str, list[str | None]] = {
        "If-Match": [None, *ODD_TAGS],
        "If-None-Match": [*ODD_TAGS],
        "Idempotency-Key": [None, *ODD_KEYS],
    }
    value = one(random, values.get(name, [None, "", "é", "x" * 2000, "1"]))
    faults = (400, 401, 412, 422, 428)
    return replace(step, headers=(*step.headers, (name, value)), faults=faults)


def _stranger(random: Random, step: Step) -> Step:
    token = one(random, [None, *ODD_TOKENS])
    return replace(step, headers=(*step.headers, ("Authorization", token)))


def _accepting(random: Random, step: Step) -> Step:
    accept = one(random, ACCEPTS)
    return replace(step, headers=(*step.headers, ("Accept", accept)), faults=(406,))


def _unsigned(random: Random, step: Step) -> Step:
    return replace(step, signed=one(random, ["", "forged", "old"]))


def _beside(random: Random, step: Step) -> Step:
    """HEAD, OPTIONS, another method, another path."""
    if random.randint(0, 1):
        return replace(step, method=one(random, ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE"]))
    return replace(step, suffix=one(random, BESIDE))


def _walk(random: Random) -> list[Step]:
    """The pages of a list, from the first."""
    first = _right(random, one(random, LISTS))
    kept = [(name, value) for name, value in first.query if name not in {"cursor", "limit"}]
    query: Pairs = (*kept, ("limit", random.randint(1, 2)))
    rest = replace(first, query=(*query, ("cursor", Symbol("cursor", first.operation_id))))
    return [replace(first, query=query), *[replace(rest) for _ in range(random.randint(1, 3))]]


def _purchase(random: Random) -> list[Step]:
    """An order on its way, for some of it."""
    who, key = one(random, PEOPLE), random.randint(0, 9999)
    book = Symbol("id", "book", random.randint(1, KNOWN["book"]))
    order = Symbol("id", "order")

    def once(operation_id: str, somebody: str, body: Json = None) -> Step:
        headers = (("Idempotency-Key", Symbol("key", operation_id, key)),)
        where: Json = {} if operation_id == "placeOrder" else {"order_id": order}
        return step(operation_id, somebody, body, headers=headers, **where)

    money = {"amount": random.randint(1, 2000), "currency": formats.CURRENCY}
    acts = [
        step("putCartItem", who, {"quantity": random.randint(1, 9)}, book_id=book),
        once("placeOrder", who, {"shipping_address": ADDRESS}),
        once("createPayment", who, {"payment_method": one(random, CARDS)}),
        once("shipOrder", "staff", SHIPMENT),
        step("deliverOrder", "staff", order_id=order),
        step("createReview", who, {"rating": random.randint(1, 5)}, book_id=book),
        once("createRefund", "staff", {"amount": money}),
        once("cancelOrder", who),
    ]
    return [act for number, act in enumerate(acts) if number < 2 or random.randint(0, 3)]
