"""The contract's types as Pydantic sees them: strict as JSON Schema, each fault with its code.

Pydantic's own strict mode would refuse a UUID that is written as a string.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from .errors import ValidationFailed
from .problem import FieldError
from .settings import current_settings
from .text import has_isbn_check_digit

TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]*")
LONG_TEXT = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f]*")
NAME = re.compile(r"[^\x00-\x1f;\x7f-\x9f]*")
# What the details of field errors call the strings that match these patterns (problems.yaml)
FORMS = {
    TEXT: "text without control characters",
    LONG_TEXT: "text without control characters other than line feeds",
    NAME: "text without control characters and semicolons",
}
Model = TypeVar("Model", bound="StrictModel")
# What Pydantic finds itself, in the contract's words; the validators here raise the codes.
FAULTS = {
    "missing": ("required", "is required"),
    "extra_forbidden": ("unexpected", "is not a known field"),
    "model_type": ("type", "must be an object"),
    "int_parsing": ("type", "must be an integer"),
    "int_parsing_size": ("type", "must be an integer"),
    "uuid_type": ("type", "must be a string"),
    "uuid_parsing": ("format", "must be a UUID such as 8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11"),
    "value_error": ("format", "must be an e-mail address"),  # of EmailStr alone
}


def wrong_length(low: int, high: int, unit: str) -> str:
    """Return the detail of the code `length`."""
    exact = f"must have exactly {high} {unit}"
    return exact if low == high else f"must have between {low} and {high} {unit}"


def one_of(*choices: str) -> str:
    """Return the detail of the code `choice`."""
    return f"must be {choices[0]}" if len(choices) == 1 else f"must be one of {', '.join(choices)}"


class StrictModel(BaseModel):
    """A JSON object without unknown members."""

    model_config = ConfigDict(extra="forbid")


def text(
    low: int, high: int, pattern: re.Pattern[str] = TEXT, *, form: str = ""
) -> BeforeValidator:
    """A string of `low` to `high` characters that matches `pattern` entirely; never trimmed.

    `form` describes the pattern in the detail of an error.
    """

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise PydanticCustomError("type", "must be a string")
        if not low <= len(value) <= high:
            raise PydanticCustomError("length", wrong_length(low, high, "characters"))
        if not pattern.fullmatch(value):
            raise PydanticCustomError("format", f"must be {form or FORMS[pattern]}")
        return value

    return BeforeValidator(check)


def integer(low: int, high: int) -> BeforeValidator:
    """An integer of JSON: `true` and `"1"` are not integers."""

    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise PydanticCustomError("type", "must be an integer")
        return require_range(value, low, high)

    return BeforeValidator(check)


def query_integer(low: int, high: int) -> AfterValidator:
    """An integer of a query, as Pydantic reads it."""
    return AfterValidator(lambda value: require_range(value, low, high))


def require_range(value: int, low: int, high: int) -> int:
    """Return the value if it is within its bounds."""
    if not low <= value <= high:
        raise PydanticCustomError("range", f"must be between {low} and {high}")
    return value


def choice(*choices: str) -> BeforeValidator:
    """One of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise PydanticCustomError("type", "must be a string")
        if value not in choices:
            raise PydanticCustomError("choice", one_of(*choices))
        return value

    return BeforeValidator(check)


def items(low: int, high: int) -> BeforeValidator:
    """An array of `low` to `high` items."""

    def check(value: object) -> list[Any]:
        if not isinstance(value, list):
            raise PydanticCustomError("type", "must be an array")
        if not low <= len(value) <= high:
            raise PydanticCustomError("length", wrong_length(low, high, "items"))
        return value

    return BeforeValidator(check)


def _differ(values: list[Any]) -> list[Any]:
    if repeated := [i for i, value in enumerate(values) if value in values[:i]]:
        raise PydanticCustomError("duplicate", "must be unique", {"at": repeated})
    return values


DIFFERENT = AfterValidator(_differ)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise PydanticCustomError("type", "must be true or false")
    return value


def _query_flag(value: str) -> bool:
    if value not in {"true", "false"}:
        raise PydanticCustomError("type", "must be true or false")
    return value == "true"


def _check_digit(value: str) -> str:
    if not has_isbn_check_digit(value):
        raise PydanticCustomError("checksum", "must end with the correct check digit")
    return value


def _not_null(value: object) -> object:
    if value is None:
        raise PydanticCustomError("type", "must be an object")
    return value


def _shop_currency(value: str) -> str:
    if value != current_settings().currency:
        raise PydanticCustomError("choice", one_of(current_settings().currency))
    return value


NOT_NULL = BeforeValidator(_not_null)  # for an object that may be absent, but not null
Flag = Annotated[bool, BeforeValidator(_flag)]
QueryFlag = Annotated[bool, BeforeValidator(_query_flag)]
ISBN_TEXT = text(
    13, 13, re.compile(r"97[89][0-9]{10}"), form="13 digits that begin with 978 or 979"
)
LANGUAGE_TEXT = text(
    2, 6, re.compile(r"[a-z]{2,3}(-[A-Z]{2})?"), form="a language code such as eng or pt-BR"
)
CURRENCY_TEXT = text(3, 3, re.compile("[A-Z]{3}"), form="a currency code of three capital letters")
Isbn = Annotated[str, AfterValidator(_check_digit), ISBN_TEXT]
Language = Annotated[str, LANGUAGE_TEXT]
PublishedYear = Annotated[int, integer(-3000, 2100)]
Currency = Annotated[str, AfterValidator(_shop_currency), CURRENCY_TEXT]


class Price(StrictModel):
    """What one copy costs, in minor units of the shop's currency."""

    amount: Annotated[int, integer(1, 99_999_999)]
    currency: Currency


def validate(model: type[Model], data: object, where: str) -> Model:
    """`data` as `model`.

    Raises ValidationFailed, naming every offending field.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ValidationFailed(*field_errors(error, where)) from None


def field_errors(error: ValidationError, where: str) -> list[FieldError]:
    """Pydantic's findings as the contract's."""
    return [
        FieldError(where, at, *code_and_detail(found))
        for found in error.errors(include_url=False, include_input=False)
        for at in _places(found, where)
    ]


def code_and_detail(found: ErrorDetails) -> tuple[str, str]:
    """One of Pydantic's findings in the contract's words."""
    return FAULTS.get(found["type"], (found["type"], found["msg"]))


def _places(found: ErrorDetails, where: str) -> list[str]:
    if where != "body":
        return [str(step) for step in found["loc"]]
    repeated = found.get("ctx", {}).get("at", ())
    return [pointer((*found["loc"], i)) for i in repeated] or [pointer(found["loc"])]


def pointer(path: Iterable[str | int]) -> str:
    """An RFC 6901 pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
