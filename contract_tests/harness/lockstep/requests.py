"""Random requests of every operation and user: valid ones, and ones with a single fault."""

from dataclasses import replace
from random import Random

from harness import contract, formats, pictures
from harness.contract import Json, Operation
from harness.lockstep.faults import beside, spoilt
from harness.lockstep.rows import file
from harness.lockstep.steps import NOBODY, PEOPLE, SURVEY, Pairs, Step, step
from harness.lockstep.values import CARDS, KNOWN, Symbol, body_schema, right, thing
from harness.sales import ADDRESS, SHIPMENT

BODY_TYPES = ["application/json; charset=utf-8", "APPLICATION/JSON"]
BODY_TYPES += ['application/json;charset="UTF-8"']
REQUEST_IDS = ["req-7f3a9c", "x" * 128, "x" * 129, "a b", "é", "", "a/b", "a\tb"]
KEYS = ["key", "x" * 255, "~!", "q\"uo'te", "key"]
TAGS = ["*", "current", "weak", "list", "old"]
QUERIES = ["hobbit", "EMI", "the h", "third", "9", "“", "x", "hob bit", "%", "e\u0301", "name", "ω"]
OPERATIONS = [each.id for each in contract.operations() for _ in range(1 + 2 * each.is_write)]
"""All operations. Writes occur three times, because every sequence ends with reads."""
LISTS = [each.id for each in contract.operations() if each.id.startswith("list")]


def script(random: Random, length: int, operations: list[str] = OPERATIONS) -> list[Step]:
    """Generate a sequence of requests: single ones, repetitions, walks along lists, purchases.

    It ends with the survey, whose reads show what the requests have changed.
    """
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
            steps.append(request(random, random.choice(operations)))
    return [*steps, *SURVEY]


def request(random: Random, operation_id: str) -> Step:
    """Generate a request: valid, with one fault, or with another method or path."""
    step, kind = _right(random, operation_id), random.randint(0, 15)
    if kind == 0:
        return beside(random, step)
    return spoilt(random, step) if kind < 7 else step


def _right(random: Random, operation_id: str) -> Step:
    """Generate a request with a valid form. It may still conflict with the shop's state."""
    operation = contract.named(operation_id)
    headers: list[tuple[str, Json]] = []
    query: list[tuple[str, Json]] = []
    path: dict[str, Json] = {}
    for parameter in operation.parameters:
        name = parameter["name"]
        if parameter["in"] == "path":
            is_id = name.endswith("_id")
            kind = name.removesuffix("_id")
            path[name] = thing(random, kind) if is_id else right(random, parameter["schema"], name)
        elif parameter["in"] == "query":
            if parameter.get("required") or random.randint(0, 3) == 0:
                query.append((name, _query_value(random, operation, parameter)))
        elif value := _header(random, operation, parameter):
            headers.append((name, value))
    if random.randint(0, 7) == 0:
        headers.append(("X-Request-Id", random.choice(REQUEST_IDS)))
    who = _somebody(random, operation)
    step = Step(operation_id, who, path, tuple(query), tuple(headers))
    if operation.access == "signature":
        step = replace(step, signed="good")
    return _with_body(random, step)


def _somebody(random: Random, operation: Operation) -> str:
    """Choose a user, usually one with access to the operation."""
    who = {
        "public": [NOBODY, NOBODY, "ada"],
        "signature": [NOBODY],
        "staff": ["staff"] * 8 + ["admin"] * 3 + ["ada"],
        "admin": ["admin"] * 9 + ["staff"],
    }.get(operation.access, ["ada"] * 6 + ["ben", "staff", "last"])
    return random.choice(who)


def _query_value(random: Random, operation: Operation, parameter: Json) -> Json:
    name = parameter["name"]
    if name == "cursor":
        return Symbol("cursor", operation.id)
    if name == "q":
        return random.choice(QUERIES)
    if name == "limit":
        return random.choice([1, 2, 100, "007"])
    value = right(random, parameter["schema"], name)
    return int(value) if isinstance(value, float) else value


def _header(random: Random, operation: Operation, parameter: Json) -> Json:
    """Choose a valid value for a header parameter, or None."""
    name = parameter["name"]
    if name == "Idempotency-Key":
        return random.choice([*[Symbol("key", number=random.randint(0, 9999))] * 8, *KEYS])
    if name == "If-None-Match" and operation.is_write:
        return random.choice([None, "*"])
    if name in {"If-Match", "If-None-Match"}:
        tags = ["current"] * 12 * operation.is_write + TAGS
        is_left_out = not parameter.get("required") and random.randint(0, 2)
        return None if is_left_out else Symbol("etag", random.choice(tags))
    return None


def _with_body(random: Random, step: Step) -> Step:
    operation = step.operation
    if not operation.body_types:
        return step
    kind = random.choice(operation.body_types)
    if operation.id == "importBooks":
        return replace(step, body=file(random, kind), body_type=kind)
    if not operation.takes_json:
        pictured = pictures.png(shade=random.randint(0, 2)) if kind.endswith("png") else None
        return replace(step, body=pictured or pictures.BY_TYPE[kind], body_type=kind)
    if random.randint(0, 9) == 0:
        kind = random.choice(BODY_TYPES)
    return replace(step, body=right(random, body_schema(operation)), body_type=kind)


def _walk(random: Random) -> list[Step]:
    """Generate requests of a list's pages, from the first one."""
    first = _right(random, random.choice(LISTS))
    kept = [(name, value) for name, value in first.query if name not in {"cursor", "limit"}]
    query: Pairs = (*kept, ("limit", random.randint(1, 2)))
    rest = replace(first, query=(*query, ("cursor", Symbol("cursor", first.operation_id))))
    return [replace(first, query=query), *[replace(rest) for _ in range(random.randint(1, 3))]]


def _purchase(random: Random) -> list[Step]:
    """Generate some of the requests of a purchase, in their usual order."""
    who, key = random.choice(PEOPLE), random.randint(0, 9999)
    book = Symbol("id", "book", random.randint(1, KNOWN["book"]))
    order = Symbol("id", "order")

    def once(operation_id: str, somebody: str, body: Json = None) -> Step:
        headers = (("Idempotency-Key", Symbol("key", operation_id, key)),)
        where: Json = {} if operation_id == "placeOrder" else {"order_id": order}
        return step(operation_id, somebody, body, headers=headers, **where)

    money = {"amount": random.randint(1, 2000), "currency": formats.CURRENCY}
    acts = [
        step("putCartItem", who, {"quantity": random.randint(1, 9)}, book_id=book),
        step("deleteCartItem", who, book_id=book),
        once("placeOrder", who, {"shipping_address": ADDRESS}),
        once("createPayment", who, {"payment_method": random.choice(CARDS)}),
        once("shipOrder", "staff", SHIPMENT),
        step("deliverOrder", "staff", order_id=order),
        step("createReview", who, {"rating": random.randint(1, 5)}, book_id=book),
        once("createRefund", "staff", {"amount": money}),
        once("cancelOrder", who),
    ]
    # One item in four is removed from the cart before the order.
    seldom = {1: random.randint(0, 3) == 0}
    return [act for number, act in enumerate(acts) if seldom.get(number, random.randint(0, 4))]
