"""What goes over the wire for authors, categories and books."""

from typing import Any

from ..fields import (
    LONG_TEXT,
    NAME,
    Choice,
    Identifier,
    Integer,
    QueryFlag,
    QueryInteger,
    Strict,
    StrictSchema,
    Text,
    UniqueList,
    invalid,
    one_of,
)
from ..http import money, timestamp
from ..pagination import PageQuery
from ..settings import current_settings
from ..text import has_isbn_check_digit

LANGUAGE = "[a-z]{2,3}(-[A-Z]{2})?"
LANGUAGE_FORM = "a language code such as eng or pt-BR"
CURRENCY_FORM = "a currency code of three capital letters"
BOOK_SORTS = (
    "title",
    "-title",
    "price",
    "-price",
    "published_year",
    "-published_year",
    "rating",
    "-rating",
    "newest",
)


class Isbn(Text):
    """An ISBN-13 without dashes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            13, 13, "97[89][0-9]{10}", form="13 digits that begin with 978 or 979", **options
        )

    def convert(self, value: str) -> str:
        """The ISBN, its check digit being right."""
        if not has_isbn_check_digit(value):
            raise invalid("checksum", "must end with the correct check digit")
        return value


class Currency(Text):
    """The shop's one currency."""

    def __init__(self, **options: Any) -> None:
        super().__init__(3, 3, "[A-Z]{3}", form=CURRENCY_FORM, **options)

    def convert(self, value: str) -> str:
        """The currency, being the shop's."""
        if value != current_settings().currency:
            raise invalid("choice", one_of(current_settings().currency))
        return value


class PriceSchema(StrictSchema):
    """The contract's Price."""

    amount = Integer(1, 99_999_999, required=True)
    currency = Currency(required=True)


class Price(Strict):
    """A Price, loaded as its amount in minor units."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        return int(PriceSchema().load(value)["amount"])


class AuthorCreation(StrictSchema):
    """The contract's AuthorCreation."""

    name = Text(1, 200, NAME, required=True)
    biography = Text(1, 5000, LONG_TEXT, allow_none=True)


class AuthorUpdate(StrictSchema):
    """The contract's AuthorUpdate."""

    name = Text(1, 200, NAME)
    biography = Text(1, 5000, LONG_TEXT, allow_none=True)


class CategoryCreation(StrictSchema):
    """The contract's CategoryCreation."""

    name = Text(1, 100, NAME, required=True)
    parent_id = Identifier(allow_none=True)


class CategoryUpdate(StrictSchema):
    """The contract's CategoryUpdate."""

    name = Text(1, 100, NAME)
    parent_id = Identifier(allow_none=True)


class BookCreation(StrictSchema):
    """The contract's BookCreation; `price` is loaded as `price_amount`."""

    isbn = Isbn(required=True)
    title = Text(1, 500, required=True)
    subtitle = Text(1, 500, allow_none=True)
    description = Text(1, 10_000, LONG_TEXT, allow_none=True)
    author_ids = UniqueList(Identifier(), 1, 50, required=True)
    category_ids = UniqueList(Identifier(), 0, 20)
    language = Text(2, 6, LANGUAGE, form=LANGUAGE_FORM, allow_none=True)
    published_year = Integer(-3000, 2100, allow_none=True)
    price = Price(required=True, attribute="price_amount")


class BookUpdate(StrictSchema):
    """The contract's BookUpdate; `price` is loaded as `price_amount`."""

    isbn = Isbn()
    title = Text(1, 500)
    subtitle = Text(1, 500, allow_none=True)
    description = Text(1, 10_000, LONG_TEXT, allow_none=True)
    author_ids = UniqueList(Identifier(), 1, 50)
    category_ids = UniqueList(Identifier(), 0, 20)
    language = Text(2, 6, LANGUAGE, form=LANGUAGE_FORM, allow_none=True)
    published_year = Integer(-3000, 2100, allow_none=True)
    price = Price(attribute="price_amount")


class AuthorQuery(PageQuery):
    """The parameters of listAuthors."""

    sort = Choice("name", "-name", load_default="name")


class CategoryQuery(PageQuery):
    """The parameters of listCategories."""

    sort = Choice("name", "-name", load_default="name")
    parent_id = Identifier()


class BookQuery(PageQuery):
    """The parameters of listBooks; amounts in minor units, bounds included."""

    q = Text(1, 200)
    category_id = Identifier()
    author_id = Identifier()
    language = Text(2, 6, LANGUAGE, form=LANGUAGE_FORM)
    price_min = QueryInteger(0, 99_999_999)
    price_max = QueryInteger(0, 99_999_999)
    published_year_min = QueryInteger(-3000, 2100)
    published_year_max = QueryInteger(-3000, 2100)
    in_stock = QueryFlag()
    sort = Choice(*BOOK_SORTS, load_default="newest")


def show_author(author: Any) -> dict[str, Any]:
    """The contract's Author, from a model or a row."""
    return {
        "id": str(author.id),
        "name": author.name,
        "biography": author.biography,
        "created_at": timestamp(author.created_at),
        "updated_at": timestamp(author.updated_at),
    }


def show_category(category: Any) -> dict[str, Any]:
    """The contract's Category, from a model or a row."""
    return {
        "id": str(category.id),
        "name": category.name,
        "parent_id": str(category.parent_id) if category.parent_id else None,
        "created_at": timestamp(category.created_at),
        "updated_at": timestamp(category.updated_at),
    }


def show_book_summary(book: Any, authors: list[Any]) -> dict[str, Any]:
    """The contract's BookSummary, from a row and its authors' rows."""
    return {
        "id": str(book.id),
        "isbn": book.isbn,
        "title": book.title,
        "subtitle": book.subtitle,
        "authors": [{"id": str(author.id), "name": author.name} for author in authors],
        "language": book.language,
        "published_year": book.published_year,
        "price": money(book.price_amount, current_settings().currency),
        "stock": {
            "on_hand": book.on_hand,
            "reserved": book.reserved,
            "available": book.on_hand - book.reserved,
        },
        "rating": {
            "average": book.rating_hundredths / 100 if book.rating_count else None,
            "count": book.rating_count,
        },
        "cover_url": f"/books/{book.id}/cover" if book.has_cover else None,
    }


def show_book(book: Any, authors: list[Any], categories: list[Any]) -> dict[str, Any]:
    """The contract's Book, from a row, its authors' and its categories' rows."""
    return {
        **show_book_summary(book, authors),
        "description": book.description,
        "categories": [{"id": str(category.id), "name": category.name} for category in categories],
        "created_at": timestamp(book.created_at),
        "updated_at": timestamp(book.updated_at),
    }
