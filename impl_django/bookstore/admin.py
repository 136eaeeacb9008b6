"""The admin site: forms for staff, in front of the rules that the API keeps to."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from .errors import Problem, ValidationFailed
from .fields import StrictSerializer, validate

ANY_VERSION = "*"  # a form shows no entity tag, so the last one to save wins


class ContractForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """A form that accepts what the contract accepts; `accepted` is what a service takes."""

    creation: ClassVar[type[StrictSerializer]]
    update: ClassVar[type[StrictSerializer]]
    accepted: dict[str, Any]

    def clean(self) -> dict[str, Any]:
        """Hold the form to the contract's schema, and show its faults beside the fields."""
        cleaned = super().clean() or self.cleaned_data
        adding = self.instance._state.adding  # noqa: SLF001 -- Django's documented name
        members = self.members(cleaned, cleaned if adding else self.changed_data)
        try:
            self.accepted = validate(self.creation if adding else self.update, members, "body")
        except ValidationFailed as problem:
            for error in problem.extension["errors"]:
                name = error["pointer"].split("/")[1]
                self.add_error(name if name in self.fields else None, error["detail"])
        return cleaned

    def members(self, cleaned: Mapping[str, Any], names: Any) -> dict[str, Any]:
        """The body that would say the same; an empty field is null."""
        return {name: None if cleaned[name] == "" else cleaned[name] for name in names if name in cleaned}

    def _post_clean(self) -> None:
        """Leave the instance as it is: the service changes the row."""


class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
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

    def _told(self, request: HttpRequest, view: Any, *arguments: Any, **options: Any) -> HttpResponse:
        try:
            response: HttpResponse = view(request, *arguments, **options)
        except Problem as problem:
            self.message_user(request, str(problem), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """Shows rows; nobody changes them here."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


def register() -> None:
    """Load the domains' admin modules, each of which registers its own."""
    from .accounts import admin as _accounts  # noqa: F401, PLC0415 -- they need the classes above
    from .catalogue import admin as _catalogue  # noqa: F401, PLC0415
    from .covers import admin as _covers  # noqa: F401, PLC0415
    from .stock import admin as _stock  # noqa: F401, PLC0415


register()
