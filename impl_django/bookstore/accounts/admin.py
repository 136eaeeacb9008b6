"""Accounts in the admin site, for admins."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ..admin import ANY_VERSION, ContractForm, ServiceAdmin
from . import schemas, services
from .models import User


class UserForm(ContractForm):
    """A role, or an end to it."""

    creation, update = schemas.UserRegistration, schemas.UserUpdate

    class Meta:
        model = User
        fields = ("role", "disabled")


class NewUserForm(ContractForm):
    """A new account, which is a customer's until its role is changed."""

    creation, update = schemas.UserRegistration, schemas.UserUpdate
    password = forms.CharField(widget=forms.PasswordInput, strip=False)

    class Meta:
        model = User
        fields = ("email", "name", "password")


@admin.register(User)
class UserAdmin(ServiceAdmin):
    """Accounts; the last active admin stays one."""

    list_display = ("email", "name", "role", "disabled", "created_at")
    list_filter = ("role", "disabled")
    search_fields = ("email", "name")
    readonly_fields = ("created_at", "updated_at")
    ordering = ("-created_at", "-id")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        """Another form for what is new."""
        return super().get_form(
            request, obj, change, form=UserForm if obj else NewUserForm, **options
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What there is to see and to say."""
        if obj:
            return ("email", "name", "role", "disabled", "created_at", "updated_at")
        return ("email", "name", "password")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """People change their own names and addresses."""
        fixed = super().get_readonly_fields(request, obj)
        return ("email", "name", *fixed) if obj else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are disabled, not removed."""
        return False

    def create(self, request: HttpRequest, values: dict[str, Any]) -> User:
        """registerUser."""
        return services.register_user(**values)

    def update(self, ident: UUID, values: dict[str, Any]) -> None:
        """updateUser."""
        services.update_user(user_id=ident, changes=values, if_match=ANY_VERSION)
