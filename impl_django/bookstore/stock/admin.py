"""Stock in the admin site: the ledger, and a form for its next line."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ..accounts.models import User
from ..admin import ContractForm, ServiceAdmin
from . import schemas, services
from .models import MANUAL_REASONS, StockAdjustment


class StockAdjustmentForm(ContractForm):
    """Copies that came or went."""

    creation = update = schemas.StockAdjustmentCreation
    reason = forms.ChoiceField(choices=[(reason, reason) for reason in MANUAL_REASONS])

    class Meta:
        model = StockAdjustment
        fields = ("book", "delta", "reason", "note")

    def clean(self) -> dict[str, Any]:
        """The book goes beside the body, as in the path of adjustStock."""
        cleaned = super().clean()
        if "book" in cleaned and hasattr(self, "accepted"):
            self.accepted["book_id"] = cleaned["book"].id
        return cleaned

    def members(self, cleaned: Any, names: Any) -> dict[str, Any]:
        """The body without the book."""
        return super().members(cleaned, [name for name in names if name != "book"])


@admin.register(StockAdjustment)
class StockAdjustmentAdmin(ServiceAdmin):
    """The ledger: a line is added, none is changed or removed."""

    form = StockAdjustmentForm
    autocomplete_fields = ("book",)
    list_display = ("created_at", "book", "delta", "reason", "on_hand", "user", "note")
    list_select_related = ("book", "user")
    list_filter = ("reason",)
    search_fields = ("book__isbn",)
    ordering = ("-created_at", "-id")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def create(self, request: HttpRequest, values: dict[str, Any]) -> StockAdjustment:
        """adjustStock."""
        return services.adjust_stock(user_id=cast("User", request.user).id, **values)
