"""The catalogue in the admin site."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ..admin import ANY_VERSION, ContractForm, ServiceAdmin
from ..environment import current_settings
from ..text import words
from . import schemas, services
from .models import Author, Book, Category


class AuthorForm(ContractForm):
    creation, update = schemas.AuthorCreation, schemas.AuthorUpdate

    class Meta:
        model = Author
        fields = ("name", "biography")


@admin.register(Author)
class AuthorAdmin(ServiceAdmin):
    """Authors; their books are found under a new name at once."""

    form = AuthorForm
    list_display = ("name", "updated_at")
    search_fields = ("name",)
    ordering = ("name",)

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Author:
        """createAuthor."""
        return services.create_author(**values)

    def update(self, ident: UUID, values: dict[str, Any]) -> None:
        """updateAuthor."""
        services.update_author(author_id=ident, changes=values, if_match=ANY_VERSION)

    def remove(self, ident: UUID) -> None:
        """deleteAuthor."""
        services.delete_author(author_id=ident, if_match=ANY_VERSION)


class CategoryForm(ContractForm):
    """A category and its place."""

    creation, update = schemas.CategoryCreation, schemas.CategoryUpdate

    class Meta:
        model = Category
        fields = ("name", "parent")

    def members(self, cleaned: Mapping[str, Any], names: Any) -> dict[str, Any]:
        """The parent by its id."""
        members = super().members(cleaned, names)
        if "parent" in members:
            parent = members.pop("parent")
            members["parent_id"] = str(parent.id) if parent else None
        return members


@admin.register(Category)
class CategoryAdmin(ServiceAdmin):
    """The category tree."""

    form = CategoryForm
    list_display = ("name", "parent", "updated_at")
    list_select_related = ("parent",)
    search_fields = ("name",)
    ordering = ("name",)

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Category:
        """createCategory."""
        return services.create_category(**values)

    def update(self, ident: UUID, values: dict[str, Any]) -> None:
        """updateCategory."""
        services.update_category(category_id=ident, changes=values, if_match=ANY_VERSION)

    def remove(self, ident: UUID) -> None:
        """deleteCategory."""
        services.delete_category(category_id=ident, if_match=ANY_VERSION)


class NamesField(forms.CharField):
    """Names of rows there are, separated by `; ` as in imports; read as their ids, in order."""

    def __init__(self, model: type[Author | Category], **options: Any) -> None:
        super().__init__(help_text="Names, separated by “; ”.", **options)
        self.model = model

    def clean(self, value: Any) -> list[str]:
        names = [name for name in super().clean(value).split("; ") if name]
        ids = dict(self.model.objects.filter(name__in=names).values_list("name", "id"))
        if unknown := [name for name in names if name not in ids]:
            raise forms.ValidationError(f"Unknown: {'; '.join(unknown)}")
        return [str(ids[name]) for name in names]


class BookForm(ContractForm):
    """A book without its stock."""

    creation, update = schemas.BookCreation, schemas.BookUpdate
    authors = NamesField(Author)
    categories = NamesField(Category, required=False)

    class Meta:
        model = Book
        fields = (
            "isbn",
            "title",
            "subtitle",
            "description",
            "language",
            "published_year",
            "price_amount",
        )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        book = self.instance.pk
        authors = Author.objects.filter(bookauthor__book=book).order_by("bookauthor__position")
        categories = Category.objects.filter(bookcategory__book=book).order_by("name")
        self.initial["authors"] = "; ".join(authors.values_list("name", flat=True))
        self.initial["categories"] = "; ".join(categories.values_list("name", flat=True))

    def members(self, cleaned: Mapping[str, Any], names: Any) -> dict[str, Any]:
        """Links by id, and the price with its currency."""
        members = super().members(cleaned, names)
        for name, member in (("authors", "author_ids"), ("categories", "category_ids")):
            if name in members:
                members[member] = members.pop(name)
        if "price_amount" in members:
            amount = members.pop("price_amount")
            members["price"] = {"amount": amount, "currency": current_settings().currency}
        return members


@admin.register(Book)
class BookAdmin(ServiceAdmin):
    """Books; copies come and go by stock adjustments."""

    form = BookForm
    list_display = ("title", "isbn", "price_amount", "on_hand", "reserved", "updated_at")
    list_filter = ("language",)
    search_fields = ("isbn",)
    search_help_text = "An ISBN, or beginnings of words of the title, subtitle and authors"
    readonly_fields = (
        "on_hand",
        "reserved",
        "rating_hundredths",
        "rating_count",
        "created_at",
        "updated_at",
    )
    ordering = ("-created_at", "-id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Book], search_term: str
    ) -> tuple[QuerySet[Book], bool]:
        """As listBooks searches."""
        if len(search_term) == 13 and search_term.isdecimal():
            return super().get_search_results(request, queryset, search_term)
        for word in words(search_term):
            queryset = queryset.filter(search_text__contains=f" {word}")
        return queryset, False

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Book:
        """createBook."""
        return services.create_book(**values)

    def update(self, ident: UUID, values: dict[str, Any]) -> None:
        """updateBook."""
        services.update_book(book_id=ident, changes=values, if_match=ANY_VERSION)

    def remove(self, ident: UUID) -> None:
        """deleteBook."""
        services.delete_book(book_id=ident, if_match=ANY_VERSION)
