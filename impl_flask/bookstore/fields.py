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
UUID_FORM = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: the contract's code, and a sentence."""

    code: str
    detail: str


def invalid(code: str, detail: str) -> ValidationError:
    """The error of one value."""
    return ValidationError([Fault(code, detail)])


_COMMON: dict[str, Any] = {
    "required": [Fault("required", "This member is required.")],
    "null": [Fault("type", "Must not be null.")],
}


class Strict(fields.Field[Any]):
    """A value of its own JSON type."""

    default_error_messages = _COMMON


class Text(Strict):
    """A string of `low` to `high` characters that matches `pattern` entirely; never trimmed."""

    def __init__(self, low: int, high: int, pattern: str = TEXT, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high, self.pattern = low, high, re.compile(pattern)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if not isinstance(value, str):
            raise invalid("type", "Must be a string.")
        if not self.low <= len(value) <= self.high:
            raise invalid("length", f"Must have {self.low} to {self.high} characters.")
        if not self.pattern.fullmatch(value):
            raise invalid("format", "Has characters, or a form, that are not allowed here.")
        return self.convert(value)

    def convert(self, value: str) -> Any:
        """What a well-formed string stands for."""
        return value


class Identifier(Text):
    """A UUID in canonical lower-case form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(0, 1000, UUID_FORM, **options)

    def convert(self, value: str) -> UUID:
        return UUID(value)


class Choice(Strict):
    """One of some strings."""

    def __init__(self, *choices: str, **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise invalid("type", "Must be a string.")
        if value not in self.choices:
            raise invalid("choice", f"Must be one of {', '.join(self.choices)}.")
        return value


class Integer(Strict):
    """An integer of `low` to `high`; `1.0` is one, `"1"` and `true` are not."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid("type", "Must be an integer.")
        if not self.low <= value <= self.high:
            raise self.out_of_range()
        return value

    def out_of_range(self) -> ValidationError:
        """The error of an integer past its bounds."""
        return invalid("range", f"Must be between {self.low} and {self.high}.")


class Flag(Strict):
    """`true` or `false`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise invalid("type", "Must be true or false.")
        return value


class UniqueList(Strict):
    """An array of `low` to `high` different items."""

    def __init__(self, item: Strict, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.item, self.low, self.high = item, low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        if not isinstance(value, list):
            raise invalid("type", "Must be an array.")
        if not self.low <= len(value) <= self.high:
            raise invalid("length", f"Must have {self.low} to {self.high} items.")
        items, faults = [], {}
        for index, raw in enumerate(value):
            try:
                item = self.item.deserialize(raw)
                if item in items:
                    raise invalid("duplicate", "Is there already.")
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
            raise invalid("type", "Must be an integer.")
        if len(value) > 20:  # no bound is as long, and int() refuses thousands of digits
            raise self.out_of_range()
        return super()._deserialize(int(value), attr, data, **options)


class QueryFlag(Strict):
    """`true` or `false`, as a query writes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if value not in ("true", "false"):
            raise invalid("type", "Must be true or false.")
        return bool(value == "true")


class StrictSchema(Schema):
    """An object without unknown members."""

    class Meta:
        """Refuse what the contract does not name."""

        unknown = RAISE

    error_messages: dict[str, Any] = {  # noqa: RUF012 -- marshmallow declares it so
        "unknown": Fault("unexpected", "Is not known here."),
        "type": Fault("type", "Must be an object."),
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
