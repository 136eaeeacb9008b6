"""Payments and their refunds in the admin site, read-only: the actions belong to the order."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..admin import FoundById, ReadOnlyAdmin, ReadOnlyInline, in_words
from .models import Payment, Refund


class RefundInline(ReadOnlyInline):
    """What went back, or is on its way."""

    model = Refund
    fields = ("created_at", "status", "given_back", "reason", "author", "provider_id", "updated_at")
    ordering = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        """With what a line shows of others."""
        return super().get_queryset(request).select_related("payment", "user")

    @admin.display(description="amount")
    def given_back(self, refund: Refund) -> str:
        """The amount, as people write it."""
        return in_words(refund.amount, refund.payment.currency)

    @admin.display(description="by")
    def author(self, refund: Refund) -> str | None:
        """Who wanted it; nobody where the money came too late."""
        return refund.user.email if refund.user else None


class PaymentInline(ReadOnlyInline):
    """What was paid, or tried to be."""

    model = Payment
    fields = (
        "created_at",
        "status",
        "paid",
        "payment_method",
        "failure_code",
        "provider_id",
        "updated_at",
    )
    ordering = ("created_at",)
    show_change_link = True

    @admin.display(description="amount")
    def paid(self, payment: Payment) -> str:
        """The amount, as people write it."""
        return in_words(payment.amount, payment.currency)


@admin.register(Payment)
class PaymentAdmin(FoundById, ReadOnlyAdmin):
    """Attempts to pay; `pending` is one whose outcome is not known yet."""

    list_display = (
        "created_at",
        "status",
        "paid",
        "given_back",
        "payment_method",
        "failure_code",
        "for_order",
    )
    list_filter = ("status", "created_at")
    search_fields = ("provider_id", "order__user__email")
    search_help_text = "A payment's id, the provider's id of it, or an e-mail address"
    fields = (
        "for_order",
        "status",
        "paid",
        "given_back",
        "payment_method",
        "failure_code",
        "provider_id",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields
    inlines = (RefundInline,)
    ordering = ("-created_at", "-id")

    @admin.display(description="amount", ordering="amount")
    def paid(self, payment: Payment) -> str:
        """The amount, as people write it."""
        return in_words(payment.amount, payment.currency)

    @admin.display(description="refunded", ordering="refunded_amount")
    def given_back(self, payment: Payment) -> str:
        """What went back or is on its way, as people write it."""
        return in_words(payment.refunded_amount, payment.currency)

    @admin.display(description="order")
    def for_order(self, payment: Payment) -> SafeString:
        """The order, one click away."""
        url = reverse("admin:bookstore_order_change", args=(payment.order_id,))
        return format_html('<a href="{}">{}</a>', url, payment.order_id)
