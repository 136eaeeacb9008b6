"""Strict serializer fields: the types of JSON Schema, and errors with the contract's codes."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Literal, NoReturn
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

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

# What REST framework's own codes are called in the contract
CODES = {"null": "type", "invalid": "type"}


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


def invalid(code: str, detail: str) -> NoReturn:
    """Refuse one value, with the contract's code and a sentence."""
    raise ValidationError(detail, code)


class Strict(serializers.Field[Any, Any, Any, Any]):
    """A value of its own JSON type; fields only read."""

    default_error_messages = {
        "required": "is required",
        "null": "must be an object",  # what a field without a type of its own is
    }


class Text(Strict):
    """A string of `low` to `high` characters that matches `pattern` entirely; never trimmed."""

    default_error_messages = {"null": "must be a string"}

    def __init__(
        self, low: int, high: int, pattern: str = TEXT, *, form: str = "", **options: Any
    ) -> None:
        super().__init__(**options)
        self.low, self.high, self.pattern = low, high, re.compile(pattern)
        self.form = form or FORMS[pattern]

    def to_internal_value(self, data: Any) -> Any:
        """What the string stands for."""
        if not isinstance(data, str):
            invalid("type", "must be a string")
        if not self.low <= len(data) <= self.high:
            self.refuse_length()
        if not self.pattern.fullmatch(data):
            invalid("format", f"must be {self.form}")
        return self.convert(data)

    def convert(self, value: str) -> Any:
        """What a well-formed string stands for."""
        return value

    def refuse_length(self) -> NoReturn:
        """Refuse a string that is too short or too long."""
        invalid("length", wrong_length(self.low, self.high, "characters"))


class Identifier(Text):
    """A UUID with dashes, in either case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(0, 1000, UUID_FORM, **options)

    def convert(self, value: str) -> UUID:
        return UUID(value)


class Choice(Strict):
    """One of some strings."""

    default_error_messages = {"null": "must be a string"}

    def __init__(self, *choices: str, **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            invalid("type", "must be a string")
        if data not in self.choices:
            invalid("choice", one_of(*self.choices))
        return data


class Integer(Strict):
    """An integer of `low` to `high`; `"1"` and `true` are not integers."""

    default_error_messages = {"null": "must be an integer"}

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            invalid("type", "must be an integer")
        if not self.low <= data <= self.high:
            invalid("range", f"must be between {self.low} and {self.high}")
        return data


class Flag(Strict):
    """`true` or `false`."""

    default_error_messages = {"null": "must be true or false"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            invalid("type", "must be true or false")
        return data


class Moment(Text):
    """A moment as RFC 3339 writes it, with its offset."""

    FORM = (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
        r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(0, 40, self.FORM, form="a time such as 2026-03-01T09:30:00Z", **options)

    def convert(self, value: str) -> datetime:
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            invalid("format", "must be a time such as 2026-03-01T09:30:00Z")


class QueryDay(Text):
    """A day as a query writes it: YYYY-MM-DD."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            0, 1000, "[0-9]{4}-[0-9]{2}-[0-9]{2}", form="a date such as 2026-03-01", **options
        )

    def convert(self, value: str) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            invalid("format", "must be a date such as 2026-03-01")


class UniqueList(Strict):
    """An array of `low` to `high` different items."""

    default_error_messages = {"null": "must be an array"}

    def __init__(self, item: Strict, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.item, self.low, self.high = item, low, high

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            invalid("type", "must be an array")
        if not self.low <= len(data) <= self.high:
            invalid("length", wrong_length(self.low, self.high, "items"))
        items: list[Any] = []
        faults: dict[str, Any] = {}
        for index, raw in enumerate(data):
            try:
                item = self.item.run_validation(raw)
                if item in items:
                    invalid("duplicate", "must be unique")
                items.append(item)
            except ValidationError as error:
                faults[str(index)] = error.detail
        if faults:
            raise ValidationError(faults)
        return items


class QueryInteger(Integer):
    """An integer as a query writes it: ASCII digits, perhaps a minus."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch("-?[0-9]+", data):
            invalid("type", "must be an integer")
        return super().to_internal_value(int(data[:4000]))  # longer ones are out of any range


class QueryFlag(Strict):
    """`true` or `false`, as a query writes it."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            invalid("type", "must be true or false")
        return bool(data == "true")


class StrictSerializer(serializers.Serializer[Any]):
    """An object without unknown members, unless a subclass ignores them."""

    default_error_messages = {**Strict.default_error_messages, "invalid": "must be an object"}
    ignores_unknown: ClassVar[bool] = False

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The known members; every fault of every member is told at once."""
        strict = isinstance(data, Mapping) and not self.ignores_unknown
        unknown = [name for name in data if name not in self.fields] if strict else []
        faults: dict[str, Any] = {
            name: ErrorDetail("is not a known field", "unexpected") for name in unknown
        }
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**error.detail, **faults}) from None  # type: ignore[dict-item]  # the detail of a serializer is a dictionary
        if faults:
            raise ValidationError(faults)
        return dict(values)


@cache
def _reader(serializer: type[StrictSerializer]) -> StrictSerializer:
    """One instance serves every request: each new one would copy all its fields."""
    return serializer()


def validate(
    serializer: type[StrictSerializer], data: Any, place: Literal["body", "query", "header"]
) -> dict[str, Any]:
    """`data` as `serializer` understands it.

    Raises:
        ValidationFailed: naming every offending field.
    """
    try:
        return dict(_reader(serializer).run_validation(data))
    except ValidationError as error:
        raise ValidationFailed(*field_errors(error, place)) from None


def field_errors(
    error: ValidationError, place: Literal["body", "query", "header"]
) -> list[FieldError]:
    """What REST framework found, flat; a body's fields by JSON pointer (RFC 6901)."""
    return [
        FieldError(
            place, pointer if place == "body" else pointer[1:], CODES.get(code, code), str(fault)
        )
        for pointer, fault in _flatten(error.detail, "")
        if (code := str(fault.code))
    ]


def _flatten(detail: Any, pointer: str) -> Iterator[tuple[str, ErrorDetail]]:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            whole = key == "non_field_errors" and isinstance(inner, list)
            step = "" if whole else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _flatten(inner, pointer + step)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, pointer)
    else:
        yield pointer, detail
