"""Strict serializer fields: the types of JSON Schema, and errors with the contract's codes."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, NoReturn
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from .errors import FieldError, ValidationFailed

TEXT = r"[^\x00-\x1f\x7f-\x9f]*"
LONG_TEXT = r"[^\x00-\x09\x0b-\x1f\x7f-\x9f]*"
NAME = r"[^\x00-\x1f;\x7f-\x9f]*"
UUID_FORM = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# What REST framework's own codes are called in the contract
CODES = {"null": "type", "invalid": "type"}


def invalid(code: str, detail: str) -> NoReturn:
    """Refuse one value, with the contract's code and a sentence."""
    raise ValidationError(detail, code)


class Strict(serializers.Field[Any, Any, Any, Any]):
    """A value of its own JSON type; fields only read."""

    default_error_messages = {"required": "This member is required.", "null": "Must not be null."}


class Text(Strict):
    """A string of `low` to `high` characters that matches `pattern` entirely; never trimmed."""

    def __init__(self, low: int, high: int, pattern: str = TEXT, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high, self.pattern = low, high, re.compile(pattern)

    def to_internal_value(self, data: Any) -> Any:
        """What the string stands for."""
        if not isinstance(data, str):
            invalid("type", "Must be a string.")
        if not self.low <= len(data) <= self.high:
            invalid("length", f"Must have {self.low} to {self.high} characters.")
        if not self.pattern.fullmatch(data):
            invalid("format", "Has characters, or a form, that are not allowed here.")
        return self.convert(data)

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

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            invalid("type", "Must be a string.")
        if data not in self.choices:
            invalid("choice", f"Must be one of {', '.join(self.choices)}.")
        return data


class Integer(Strict):
    """An integer of `low` to `high`; `1.0` is one, `"1"` and `true` are not."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            invalid("type", "Must be an integer.")
        if not self.low <= data <= self.high:
            invalid("range", f"Must be between {self.low} and {self.high}.")
        return data


class Flag(Strict):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            invalid("type", "Must be true or false.")
        return data


class Moment(Text):
    """A moment as RFC 3339 writes it, with its offset."""

    FORM = (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
        r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(0, 40, self.FORM, **options)

    def convert(self, value: str) -> datetime:
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            invalid("format", "There is no such moment.")


class QueryDay(Text):
    """A day as a query writes it: YYYY-MM-DD."""

    def __init__(self, **options: Any) -> None:
        super().__init__(0, 1000, "[0-9]{4}-[0-9]{2}-[0-9]{2}", **options)

    def convert(self, value: str) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            invalid("format", "There is no such day.")


class UniqueList(Strict):
    """An array of `low` to `high` different items."""

    def __init__(self, item: Strict, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.item, self.low, self.high = item, low, high

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            invalid("type", "Must be an array.")
        if not self.low <= len(data) <= self.high:
            invalid("length", f"Must have {self.low} to {self.high} items.")
        items: list[Any] = []
        faults: dict[str, Any] = {}
        for index, raw in enumerate(data):
            try:
                item = self.item.run_validation(raw)
                if item in items:
                    invalid("duplicate", "Is there already.")
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
            invalid("type", "Must be an integer.")
        return super().to_internal_value(int(data[:4000]))  # longer ones are out of any range


class QueryFlag(Strict):
    """`true` or `false`, as a query writes it."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            invalid("type", "Must be true or false.")
        return bool(data == "true")


class StrictSerializer(serializers.Serializer[Any]):
    """An object without unknown members."""

    default_error_messages = Strict.default_error_messages

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The known members; every fault of every member is told at once."""
        unknown = (
            [name for name in data if name not in self.fields] if isinstance(data, Mapping) else []
        )
        faults: dict[str, Any] = {
            name: ErrorDetail("Is not known here.", "unexpected") for name in unknown
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
