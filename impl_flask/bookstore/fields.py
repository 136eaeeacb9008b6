"""Strict marshmallow fields: the types of JSON Schema, and errors with the contract's codes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields

from .errors import FieldError, ValidationFailed

TEXT = r"[^\x00-\x1f\x7f-\x9f]*"
LONG_TEXT = r"[^\x00-\x09\x0b-\x1f\x7f-\x9f]*"
NAME = r"[^\x00-\x1f;\x7f-\x9f]*"
UUID_FORM = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# What the details of field errors call the strings that match these patterns (problems.yaml)
FORMS = {
    TEXT: "text without control characters",
    LONG_TEXT: "text without control characters other than line feeds",
    NAME: "text without control characters and semicolons",
    UUID_FORM: "a UUID such as 8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: the contract's code, and a sentence."""

    code: str
    detail: str


def invalid(code: str, detail: str) -> ValidationError:
    """The error of one value."""
    return ValidationError([Fault(code, detail)])


def null_error(expected: str) -> dict[str, Any]:
    """Return the error of a null where `expected` is required, as marshmallow wants it."""
    return {"null": [Fault("type", f"must be {expected}")]}


def wrong_length(low: int, high: int, unit: str) -> str:
    """Return the detail of the code `length`."""
    return (
        f"must have exactly {high} {unit}"
        if low == high
        else f"must have between {low} and {high} {unit}"
    )


def one_of(*choices: str) -> str:
    """Return the detail of the code `choice`."""
    return f"must be {choices[0]}" if len(choices) == 1 else f"must be one of {', '.join(choices)}"


class Strict(fields.Field[Any]):
    """A value of its own JSON type."""

    default_error_messages = {  # noqa: RUF012 -- marshmallow's form
        "required": [Fault("required", "is required")],
        **null_error("an object"),  # what a field without a type of its own is
    }


class Text(Strict):
    """A string of `low` to `high` characters that matches `pattern` entirely; never trimmed."""

    default_error_messages = null_error("a string")

    def __init__(
        self, low: int, high: int, pattern: str = TEXT, *, form: str = "", **options: Any
    ) -> None:
        super().__init__(**options)
        self.low, self.high, self.pattern = low, high, re.compile(pattern)
        self.form = form or FORMS[pattern]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if not isinstance(value, str):
            raise invalid("type", "must be a string")
        if not self.low <= len(value) <= self.high:
            raise self.wrong_length()
        if not self.pattern.fullmatch(value):
            raise invalid("format", f"must be {self.form}")
        return self.convert(value)

    def convert(self, value: str) -> Any:
        """What a well-formed string stands for."""
        return value

    def wrong_length(self) -> ValidationError:
        """Return the error of a string that is too short or too long."""
        return invalid("length", wrong_length(self.low, self.high, "characters"))


class Identifier(Text):
    """A UUID with dashes, in either case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(0, 1000, UUID_FORM, **options)

    def convert(self, value: str) -> UUID:
        return UUID(value)


class Choice(Strict):
    """One of some strings."""

    default_error_messages = null_error("a string")

    def __init__(self, *choices: str, **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise invalid("type", "must be a string")
        if value not in self.choices:
            raise invalid("choice", one_of(*self.choices))
        return value


class Integer(Strict):
    """An integer of `low` to `high`; `"1"` and `true` are not integers."""

    default_error_messages = null_error("an integer")

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid("type", "must be an integer")
        if not self.low <= value <= self.high:
            raise self.out_of_range()
        return value

    def out_of_range(self) -> ValidationError:
        """The error of an integer past its bounds."""
        return invalid("range", f"must be between {self.low} and {self.high}")


class Flag(Strict):
    """`true` or `false`."""

    default_error_messages = null_error("true or false")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise invalid("type", "must be true or false")
        return value


class UniqueList(Strict):
    """An array of `low` to `high` different items."""

    default_error_messages = null_error("an array")

    def __init__(self, item: Strict, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.item, self.low, self.high = item, low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        if not isinstance(value, list):
            raise invalid("type", "must be an array")
        if not self.low <= len(value) <= self.high:
            raise invalid("length", wrong_length(self.low, self.high, "items"))
        items, faults = [], {}
        for index, raw in enumerate(value):
            try:
                item = self.item.deserialize(raw)
                if item in items:
                    raise invalid("duplicate", "must be unique")
                items.append(item)
            except ValidationError as error:
                faults[index] = error.messages
        if faults:
            raise ValidationError(faults)
        return items


class QueryInteger(Integer):
    """An integer as a query writes it: ASCII digits, perhaps a minus."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        if not re.fullmatch("-?[0-9]+", value):
            raise invalid("type", "must be an integer")
        if len(value) > 20:  # no bound is as long, and int() refuses thousands of digits
            raise self.out_of_range()
        return super()._deserialize(int(value), attr, data, **options)


class QueryFlag(Strict):
    """`true` or `false`, as a query writes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if value not in ("true", "false"):
            raise invalid("type", "must be true or false")
        return bool(value == "true")


class StrictSchema(Schema):
    """An object without unknown members."""

    class Meta:
        """Refuse what the contract does not name."""

        unknown = RAISE

    error_messages: dict[str, Any] = {  # noqa: RUF012 -- marshmallow's form
        "unknown": Fault("unexpected", "is not a known field"),
        "type": Fault("type", "must be an object"),
    }


def validate(
    schema: Schema, data: Any, place: Literal["body", "query", "header"]
) -> dict[str, Any]:
    """`data` as `schema` understands it.

    Raises:
        ValidationFailed: naming every offending field.
    """
    try:
        return dict(schema.load(data))
    except ValidationError as error:
        raise ValidationFailed(*field_errors(error, place)) from None


def field_errors(
    error: ValidationError, place: Literal["body", "query", "header"]
) -> list[FieldError]:
    """What marshmallow found, flat; a body's fields by JSON pointer (RFC 6901)."""
    return [
        FieldError(place, pointer if place == "body" else pointer[1:], fault.code, fault.detail)
        for pointer, fault in _flatten(error.messages, "")
    ]


def _flatten(messages: Any, pointer: str) -> Iterator[tuple[str, Fault]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _flatten(inner, pointer + step)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flatten(inner, pointer)
    else:
        yield pointer, messages
