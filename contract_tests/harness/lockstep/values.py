"""Random values for the contract's schemas: valid, at a boundary, or with one fault."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from harness import formats, people
from harness.client import MERGE_PATCH
from harness.contract import Json, Operation, resolve


@dataclass(frozen=True)
class Symbol:
    """A placeholder in a request for a value that differs between targets."""

    kind: str
    """`id`, `isbn`, `email`, `name`, `text`, `key`, `etag`, `cursor`, `refresh token` or `day`."""
    name: str = ""
    number: int = 0


KNOWN = {
    "user": 4,
    "author": 3,
    "category": 6,
    "book": 3,
    "order": 5,
    "payment": 4,
    "refund": 1,
    "review": 1,
}
"""How many resources of each kind the setup creates. A sequence may create the next."""

OTHER_PASSWORD = "another one for the same"  # for throwaway accounts
PASSWORDS = (*[people.PASSWORD] * 4, OTHER_PASSWORD, "x" * 128, "é" * 10)
CARDS = ("pm_card_visa", "pm_card_declined", "pm_card_refund_fails", "pm_card_gold")
TEXTS = (
    *("The Hobbit", "Émile Zola", "E\u0301mile Zola", "STRASSE straße", "İstanbul ǅ ﬁ"),
    *("東京 三國志", "a  b", " a ", "=1+1", "'=1+1", "-", "%_\\", "“…”", "\u200b", "\u2028"),
    *("\u202ertl", "\U0001f600", "\ue000\ufdd0\U0010ffff", "\u00ad\u0301", "null", "a;b"),
    *("a\nb", 'q"u\\o', "<b>", "9", "Ω ω", "x"),
)
"""Texts that a component between the request and the database might change."""
BAD_TEXTS = ("a\n", "\x00", "a\tb", "a\x7f", "a\x85b", "a\r\nb", "x\x1b[0m", "")
FORMED = ("eng", "fr", "pt-BR", "GB", "DE", "card_declined", "px_1", "A-b_9")
"""Texts for patterns that none of TEXTS matches."""
ODD_FORMS = {
    "email": ("adalovelace", "ada@", "@b.example", "a..b@c.example", "a b@c.example", "@1.2"),
    "isbn-13": ("9780261102218", "978026110221X", "978-0261102217", "٩٧٨٠٢٦١١٠٢٢١٧"),
    "uuid": ("8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e1", "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e1g"),
    "iso-4217": ("USD", "eur"),
    "date-time": ("2026-03-01", "2026-02-30T09:30:00Z", "2026-03-01T09:30:00", "now"),
}
MOMENTS = ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.5+02:00", "2026-03-01t09:30:00z")
OTHERS: list[Json] = [5, "5", True, 1.5, [], {}, None, ["a"], {"a": 1}, -0.5]
IN_LISTS = {"parent_id": "category", "author_ids": "author", "category_ids": "category"}


def body_schema(operation: Operation) -> Json:
    """Return the schema of an operation's JSON body."""
    kind = MERGE_PATCH if MERGE_PATCH in operation.body_types else "application/json"
    return operation.definition["requestBody"]["content"][kind]["schema"]


def thing(random: Random, kind: str) -> Symbol:
    """Choose an id: of the most recent resource, of one of the setup's, or an unknown one."""
    return Symbol("id", kind, random.randint(0, KNOWN[kind] + 1))


def right(random: Random, schema: Json, name: str = "") -> Json:
    """Generate a value that a schema allows; `name` is that of the member or parameter."""
    named = schema.get("$ref", "").rpartition("/")[2]
    schema = resolve(schema)
    if _may_be_null(schema) and random.random() < 0.3:
        return None
    if named in {"Id", "IdInput"} or name in IN_LISTS:
        return _ids(random, schema, name)
    if (special := _special(schema, name, named)) is not None:
        return special(random)
    if "oneOf" in schema:
        return right(random, schema["oneOf"][0], name)
    if schema["type"] == "boolean":
        return random.choice([True, False])
    makers = {"string": _text, "integer": _integer, "object": _object}
    return makers[schema["type"]](random, schema)


def _may_be_null(schema: Json) -> bool:
    return "oneOf" in schema


def _ids(random: Random, schema: Json, name: str) -> Json:
    kind = {"reference": "payment"}.get(name) or IN_LISTS.get(name, name.removesuffix("_id"))
    if schema.get("type") != "array":
        return thing(random, kind)
    some = {thing(random, kind): None for _ in range(random.randint(schema["minItems"], 3))}
    return list(some)


def _special(schema: Json, name: str, named: str) -> Callable[[Random], Json] | None:
    """Return a generator for members of which only some valid values are useful."""
    if ";" in schema.get("pattern", ""):  # the name of an author or a category
        return lambda random: _unique(random, schema)
    specials: dict[str, Callable[[Random], Json]] = {
        "Isbn": lambda random: Symbol("isbn", number=random.randint(1, KNOWN["book"] + 3)),
        "Email": _email,
        "EmailInput": _email,
        "Password": lambda random: random.choice(PASSWORDS),
        "Currency": lambda _: formats.CURRENCY,
        "refresh_token": lambda random: random.choice([Symbol("refresh token"), "rt_unknown"]),
        "payment_method": lambda random: random.choice(CARDS),
        "timestamp": lambda random: random.choice(MOMENTS),
        "from": lambda random: Symbol("day", number=random.randint(-40, 0)),
        "to": lambda random: Symbol("day", number=random.randint(0, 40)),
        "delta": lambda random: random.choice([1, 3, -1, 7, 1_000_000, -1_000_000]),
    }
    return specials.get(named) or specials.get(name)


def _email(random: Random) -> Json:
    return Symbol("email", number=random.randint(1, KNOWN["user"] + 2))


def _unique(random: Random, schema: Json) -> Json:
    """Generate a name that must be unique: one of a few, or any text."""
    if random.randint(0, 2):
        return Symbol("name", number=random.randint(1, 6))
    text = _text(random, schema)
    return Symbol("text", text) if len(text) < schema["maxLength"] else text


def _text(random: Random, schema: Json) -> str:
    if "enum" in schema:
        return str(random.choice(schema["enum"]))
    low, high = schema.get("minLength", 0), schema["maxLength"]
    edges = [letter * length for letter in "aé\U0001f600" for length in (low, high)]
    fitting = [text for text in (*TEXTS, *FORMED, *edges) if _fits(text, schema)]
    return str(random.choice(fitting))


def _fits(text: str, schema: Json) -> bool:
    low, high = schema.get("minLength", 0), schema["maxLength"]
    matches = re.search(schema.get("pattern", ""), text)
    return bool(low <= len(text) <= high and matches and not text.endswith("\n"))


def _integer(random: Random, schema: Json) -> float:
    low, high = int(schema["minimum"]), int(schema["maximum"])
    near = min(max(low, 2), high)
    return random.choice(
        [low, high, low + 1, near, float(near), random.randint(low, min(high, low + 20))]
    )


def _object(random: Random, schema: Json) -> dict[str, Json]:
    required = schema.get("required", [])
    return {
        name: right(random, member, name)
        for name, member in schema["properties"].items()
        if name in required or random.randint(0, 1)
    }


def wrong(random: Random, schema: Json, name: str = "") -> Json:
    """Generate a value with one fault that a schema forbids."""
    schema = resolve(schema)
    nullable = _may_be_null(schema)
    if "oneOf" in schema:
        schema = resolve(schema["oneOf"][0])
    if "properties" in schema and random.randint(0, 5):
        return _wrong_member(random, schema)
    fits: dict[str, Any] = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    others = [value for value in OTHERS if type(value) is not fits[schema["type"]]]
    others = [value for value in others if value is not None or not nullable]
    beyond = _beyond(schema, name)
    return random.choice(beyond if beyond and random.randint(0, 1) else others)


def _wrong_member(random: Random, schema: Json) -> Json:
    """Generate an object with a fault in one member, or sometimes two."""
    value, required = _object(random, schema), schema.get("required", [])
    choice = random.randint(0, 9)
    if required and choice == 0:
        del value[random.choice(required)]
    elif choice == 1:
        extra = random.choice(["unknown", "id", "", "role", "é", "a/b~c"])
        if extra not in schema["properties"]:
            value[extra] = random.choice([None, 1, "x", {}])
    else:
        names = sorted(schema["properties"])
        for name in random.sample(names, min(len(names), 2 if choice == 2 else 1)):
            value[name] = wrong(random, schema["properties"][name], name)
    return value


def _beyond(schema: Json, name: str) -> list[Json]:
    """Return values just outside the boundaries of a schema."""
    if "enum" in schema:
        first = str(schema["enum"][0])
        return ["", "unknown", first.upper(), first + "\n"]
    if "maximum" in schema:
        low, high = schema["minimum"], schema["maximum"]
        return [low - 1, high + 1, 2**63, -(2**63) - 1, 2**64, 10**30]
    if "maxItems" in schema:
        first_one = Symbol("id", IN_LISTS[name], 1)
        few: list[Json] = [[]] if schema["minItems"] else []
        return [[first_one] * 2, *few, ["not an id"], [5], [None], [first_one, "x"]]
    if "maxLength" in schema:
        form, high = schema.get("format", ""), schema["maxLength"]
        texts = [*BAD_TEXTS, *TEXTS, "x" * (high + 1), "\U0001f600" * (high + 1)]
        texts = [text for text in texts if not _fits(text, schema)]
        return [*texts, *ODD_FORMS.get(form, ()) * 3]
    return []
