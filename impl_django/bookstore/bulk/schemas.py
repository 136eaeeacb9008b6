"""One row of an import, from CSV cells or from a line of NDJSON."""

from typing import Any

from ..catalogue.schemas import LANGUAGE, LANGUAGE_FORM, Isbn
from ..fields import NAME, Integer, QueryInteger, StrictSerializer, Text, UniqueList

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

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and all(isinstance(name, str) for name in data):
            data = list(dict.fromkeys(data))
        return super().to_internal_value(data)


class NdjsonRow(StrictSerializer):
    """A line of NDJSON."""

    isbn = Isbn()
    title = Text(1, 500)
    subtitle = Text(1, 500, allow_null=True, required=False)
    authors = Names(200, 1, 50)
    language = Text(2, 6, LANGUAGE, form=LANGUAGE_FORM, allow_null=True)
    published_year = Integer(-3000, 2100, allow_null=True)
    price_amount = Integer(1, 99_999_999)
    stock = Integer(0, 999_999_999)
    categories = Names(100, 0, 20, allow_null=True, required=False)


class CsvRow(NdjsonRow):
    """The cells of a line of CSV."""

    published_year = QueryInteger(-3000, 2100, allow_null=True)
    price_amount = QueryInteger(1, 99_999_999)
    stock = QueryInteger(0, 999_999_999)
