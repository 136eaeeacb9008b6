"""What goes over the wire for authors, categories and books."""

from typing import Any
from uuid import UUID

from ..environment import current_settings
from ..fields import (
    LONG_TEXT,
    NAME,
    Choice,
    Identifier,
    Integer,
    QueryFlag,
    QueryInteger,
    StrictSerializer,
    Text,
    UniqueList,
    invalid,
    one_of,
)
from ..http import timestamp
from ..pagination import PageQuery
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
            invalid("checksum", "must end with the correct check digit")
        return value


class Currency(Text):
    """The shop's one currency."""

    def __init__(self, **options: Any) -> None:
        super().__init__(3, 3, "[A-Z]{3}", form=CURRENCY_FORM, **options)

    def convert(self, value: str) -> str:
        """The currency, being the shop's."""
        if value != current_settings().currency:
            invalid("choice", one_of(current_settings().currency))
        return value


class Price(StrictSerializer):
    """The contract's Price, read as its amount in minor units."""

    amount = Integer(1, 99_999_999)
    currency = Currency()

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data)["amount"]


class AuthorCreation(StrictSerializer):
    """The contract's AuthorCreation."""

    name = Text(1, 200, NAME)
    biography = Text(1, 5000, LONG_TEXT, allow_null=True, required=False)


class AuthorUpdate(StrictSerializer):
    """The contract's AuthorUpdate."""

    name = Text(1, 200, NAME, required=False)
    biography = Text(1, 5000, LONG_TEXT, allow_null=True, required=False)


class CategoryCreation(StrictSerializer):
    """The contract's CategoryCreation."""

    name = Text(1, 100, NAME)
    parent_id = Identifier(allow_null=True, required=False)


class CategoryUpdate(StrictSerializer):
    """The contract's CategoryUpdate."""

    name = Text(1, 100, NAME, required=False)
    parent_id = Identifier(allow_null=True, required=False)


class BookCreation(StrictSerializer):
    """The contract's BookCreation; `price` is read as `price_amount`."""

    isbn = Isbn()
    title = Text(1, 500)
    subtitle = Text(1, 500, allow_null=True, required=False)
    description = Text(1, 10_000, LONG_TEXT, allow_null=True, required=False)
    author_ids = UniqueList(Identifier(), 1, 50)
    category_ids = UniqueList(Identifier(), 0, 20, required=False)
    language = Text(2, 6, LANGUAGE, form=LANGUAGE_FORM, allow_null=True, required=False)
    published_year = Integer(-3000, 2100, allow_null=True, required=False)
    price = Price(source="price_amount")


class BookUpdate(StrictSerializer):
    """The contract's BookUpdate; `price` is read as `price_amount`."""

    isbn = Isbn(required=False)
    title = Text(1, 500, required=False)
    subtitle = Text(1, 500, allow_null=True, required=False)
    description = Text(1, 10_000, LONG_TEXT, allow_null=True, required=False)
    author_ids = UniqueList(Identifier(), 1, 50, required=False)
    category_ids = UniqueList(Identifier(), 0, 20, required=False)
    language = Text(2, 6, LANGUAGE, form=LANGUAGE_FORM, allow_null=True, required=False)
    published_year = Integer(-3000, 2100, allow_null=True, required=False)
    price = Price(source="price_amount", required=False)


class AuthorQuery(PageQuery):
    """The parameters of listAuthors."""

    sort = Choice("name", "-name", default="name")


class CategoryQuery(PageQuery):
    """The parameters of listCategories."""

    sort = Choice("name", "-name", default="name")
    parent_id = Identifier(required=False)


class BookQuery(PageQuery):
    """The parameters of listBooks; amounts in minor units, bounds included."""

    q = Text(1, 200, required=False)
    category_id = Identifier(required=False)
    author_id = Identifier(required=False)
    language = Text(2, 6, LANGUAGE, form=LANGUAGE_FORM, required=False)
    price_min = QueryInteger(0, 99_999_999, required=False)
    price_max = QueryInteger(0, 99_999_999, required=False)
    published_year_min = QueryInteger(-3000, 2100, required=False)
    published_year_max = QueryInteger(-3000, 2100, required=False)
    in_stock = QueryFlag(required=False)
    sort = Choice(*BOOK_SORTS, default="newest")


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


def show_book_summary(book: Any, authors: list[tuple[UUID, str]]) -> dict[str, Any]:
    """The contract's BookSummary, from a row and its authors."""
    return {
        "id": str(book.id),
        "isbn": book.isbn,
        "title": book.title,
        "subtitle": book.subtitle,
        "authors": [{"id": str(author_id), "name": name} for author_id, name in authors],
        "language": book.language,
        "published_year": book.published_year,
        "price": {"amount": book.price_amount, "currency": current_settings().currency},
        "stock": {
            "on_hand": book.on_hand,
            "reserved": book.reserved,
            "available": book.on_hand - book.reserved,
        },
        "rating": {
            "average": book.rating_hundredths / 100 if book.rating_count else None,
            "count": book.rating_count,
        },
        "cover_url": f"/books/{book.id}/cover" if book.cover else None,
    }


def show_book(
    book: Any, authors: list[tuple[UUID, str]], categories: list[tuple[UUID, str]]
) -> dict[str, Any]:
    """The contract's Book, from a row, its authors and its categories."""
    return {
        **show_book_summary(book, authors),
        "description": book.description,
        "categories": [{"id": str(category_id), "name": name} for category_id, name in categories],
        "created_at": timestamp(book.created_at),
        "updated_at": timestamp(book.updated_at),
    }
