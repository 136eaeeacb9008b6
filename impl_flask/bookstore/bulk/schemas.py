"""One row of an import, from CSV cells or from a line of NDJSON."""

from typing import Any

from marshmallow.fields import Field

from ..catalogue.schemas import LANGUAGE, LANGUAGE_FORM, Isbn
from ..fields import NAME, Integer, QueryInteger, StrictSchema, Text, UniqueList

COLUMNS = (
    "isbn",
    "title",
    "subtitle",
    "authors",
    "language",
    "published_year",
    "price_amount",
    "stock",
    "categories",
)
REQUIRED_COLUMNS = frozenset(COLUMNS) - {"subtitle", "categories"}
LIST_COLUMNS = ("authors", "categories")


class Names(UniqueList):
    """Names, of which a repeated one counts once."""

    def __init__(self, length: int, low: int, high: int, **options: Any) -> None:
        super().__init__(Text(1, length, NAME), low, high, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> list[Any]:
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            value = list(dict.fromkeys(value))
        return super()._deserialize(value, attr, data, **rest)


def _row(integer: type[Integer]) -> dict[str, Field[Any]]:
    return {
        "isbn": Isbn(required=True),
        "title": Text(1, 500, required=True),
        "subtitle": Text(1, 500, allow_none=True),
        "authors": Names(200, 1, 50, required=True),
        "language": Text(2, 6, LANGUAGE, form=LANGUAGE_FORM, required=True, allow_none=True),
        "published_year": integer(-3000, 2100, required=True, allow_none=True),
        "price_amount": integer(1, 99_999_999, required=True),
        "stock": integer(0, 999_999_999, required=True),
        "categories": Names(100, 0, 20, allow_none=True),
    }


NdjsonRow = StrictSchema.from_dict(_row(Integer), name="NdjsonRow")
CsvRow = StrictSchema.from_dict(_row(QueryInteger), name="CsvRow")
