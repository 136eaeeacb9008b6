"""The admin site: forms for staff, in front of the rules that the API keeps to."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from .errors import Problem, ValidationFailed
from .fields import UUID_FORM, StrictSerializer, validate

ANY_VERSION = "*"  # a form shows no entity tag, so the last one to save wins
MINOR_DIGITS = {
    "JPY": 0,
    "KRW": 0,
    "ISK": 0,
    "CLP": 0,
    "VND": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "TND": 3,
}  # ISO 4217


class Contractual(forms.BaseForm):
    """A form that accepts what the contract accepts; `accepted` is what a service takes."""

    accepted: dict[str, Any]

    def accept(self, serializer: type[StrictSerializer], members: dict[str, Any]) -> None:
        """Hold the form to the contract's schema, and show its faults beside the fields."""
        try:
            self.accepted = validate(serializer, members, "body")
        except ValidationFailed as problem:
            for error in problem.extension["errors"]:
                name = error["pointer"].split("/")[1]
                self.add_error(name if name in self.fields else None, error["detail"])


class ContractForm(Contractual, forms.ModelForm):  # type: ignore[type-arg]  # generic only in django-stubs
    """The form of a row."""

    creation: ClassVar[type[StrictSerializer]]
    update: ClassVar[type[StrictSerializer]]

    def clean(self) -> dict[str, Any]:
        """Look at what is new, or at what has changed."""
        cleaned = super().clean() or self.cleaned_data
        adding = self.instance._state.adding
        members = self.members(cleaned, cleaned if adding else self.changed_data)
        self.accept(self.creation if adding else self.update, members)
        return cleaned

    def members(self, cleaned: Mapping[str, Any], names: Any) -> dict[str, Any]:
        """The body that would say the same; an empty field is null."""
        return {
            name: None if cleaned[name] == "" else cleaned[name]
            for name in names
            if name in cleaned
        }

    def _post_clean(self) -> None:
        """Leave the instance as it is: the service changes the row."""


class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in django-stubs
    """Writes through services; what they refuse is a message."""

    actions = None
    show_full_result_count = False

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Model:
        """The service that adds a row."""
        raise NotImplementedError

    def update(self, ident: UUID, values: dict[str, Any]) -> None:
        """The service that changes one."""
        raise NotImplementedError

    def remove(self, ident: UUID) -> None:
        """The service that removes one."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let the service write."""
        if change:
            self.update(obj.pk, form.accepted)
        else:
            obj.pk = self.create(request, form.accepted).pk
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service delete."""
        self.remove(obj.pk)

    def changeform_view(self, request: HttpRequest, *arguments: Any, **options: Any) -> Any:
        """The form, or it again with what was refused."""
        return self._told(request, super().changeform_view, *arguments, **options)

    def delete_view(self, request: HttpRequest, *arguments: Any, **options: Any) -> Any:
        """The question, or it again with what was refused."""
        return self._told(request, super().delete_view, *arguments, **options)

    def _told(
        self, request: HttpRequest, view: Any, *arguments: Any, **options: Any
    ) -> HttpResponse:
        try:
            response: HttpResponse = view(request, *arguments, **options)
        except Problem as problem:
            self.message_user(request, str(problem), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in django-stubs
    """Shows rows; nobody changes them here."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]  # generic only in django-stubs
    """Rows that belong to the one shown; nobody changes them here."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FoundById:
    """Lets an admin's search find a row by its id, as people paste it from a log or a letter."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """The row with this id, or what the search fields find."""
        if re.fullmatch(UUID_FORM, term := search_term.strip().lower()):
            return queryset.filter(id=term), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[misc]  # the class is mixed into a ModelAdmin


def in_words(amount: int, currency: str) -> str:
    """Money as people write it: `12.99 EUR`."""
    digits = MINOR_DIGITS.get(currency, 2)
    return f"{amount / 10**digits:,.{digits}f} {currency}"


def register() -> None:
    """Name the site, and load the domains' admin modules, each of which registers its own."""
    admin.site.site_header = admin.site.site_title = "Bookstore"
    admin.site.site_url = None  # there is an API, no site to view
    from .accounts import admin as _accounts
    from .catalogue import admin as _catalogue
    from .covers import admin as _covers
    from .orders import admin as _orders
    from .payments import admin as _payments
    from .reviews import admin as _reviews
    from .stock import admin as _stock


register()
