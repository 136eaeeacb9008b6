"""Orders in the admin site: to look at, and to move on by the same services as the API's."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ..accounts.models import User
from ..admin import FoundById, ReadOnlyAdmin, ReadOnlyInline, in_words
from ..errors import Problem
from ..payments.admin import PaymentInline, RefundInline
from .deeds import DEEDS, Deed
from .models import Order, OrderLine, State

COLOURS = {
    State.AWAITING_PAYMENT: "#b26b00",
    State.PAID: "#1565c0",
    State.SHIPPED: "#6a1b9a",
    State.DELIVERED: "#2e7d32",
    State.CANCELLED: "#757575",
}


class OrderLineInline(ReadOnlyInline):
    """What was bought, as it was then."""

    model = OrderLine
    fields = ("quantity", "title", "isbn", "each", "together")
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the order, whose currency the amounts are in."""
        return super().get_queryset(request).select_related("order")

    @admin.display(description="unit price")
    def each(self, line: OrderLine) -> str:
        """What one costs, as people write it."""
        return in_words(line.unit_amount, line.order.currency)

    @admin.display(description="line total")
    def together(self, line: OrderLine) -> str:
        """What all cost, as people write it."""
        return in_words(line.quantity * line.unit_amount, line.order.currency)


@admin.register(Order)
class OrderAdmin(FoundById, ReadOnlyAdmin):
    """Orders; what can be done to one is offered above it."""

    change_form_template = "admin/bookstore/order/change_form.html"
    list_display = ("created_at", "customer", "badge", "total")
    list_select_related = ("user",)
    list_filter = ("state", "created_at")
    search_fields = ("user__email", "orderline__isbn", "tracking_number")
    search_help_text = "An order's id, an e-mail address, an ISBN or a tracking number"
    fieldsets = (
        (None, {"fields": ("customer", "badge", ("total", "captured", "refunded"))}),
        ("Delivery", {"fields": ("address", ("carrier", "tracking_number"))}),
        (
            "Moments",
            {
                "fields": (
                    ("created_at", "paid_at"),
                    ("shipped_at", "delivered_at"),
                    ("expires_at", "cancelled_at", "cancellation_reason"),
                )
            },
        ),
    )
    readonly_fields = (
        "customer",
        "badge",
        "total",
        "captured",
        "refunded",
        "address",
        "created_at",
    )
    inlines = (OrderLineInline, PaymentInline, RefundInline)
    ordering = ("-created_at", "-id")

    @admin.display(ordering="user__email")
    def customer(self, order: Order) -> str:
        """Who bought it; no link, as accounts are the admins' business."""
        return order.user.email

    @admin.display(description="state", ordering="state")
    def badge(self, order: Order) -> SafeString:
        """The state, to be seen at a glance."""
        style = (
            "color: #fff; padding: .15em .6em; border-radius: 1em; "
            "white-space: nowrap; background: "
        )
        state = State(order.state)
        return format_html(
            '<span style="{}{}">{}</span>', style, COLOURS[state], state.label.lower()
        )

    @admin.display(ordering="total_amount")
    def total(self, order: Order) -> str:
        """What the order costs."""
        return in_words(order.total_amount, order.currency)

    @admin.display(ordering="captured_amount")
    def captured(self, order: Order) -> str:
        """What was paid."""
        return in_words(order.captured_amount, order.currency)

    @admin.display(ordering="refunded_amount")
    def refunded(self, order: Order) -> str:
        """What was given back or is on its way."""
        return in_words(order.refunded_amount, order.currency)

    @admin.display(description="shipping address")
    def address(self, order: Order) -> SafeString:
        """As on a parcel."""
        parts = ((part,) for part in order.shipping_address.values() if part)
        return format_html_join(SafeString("<br>"), "{}", parts)

    def get_urls(self) -> list[URLPattern]:
        """A page for each deed, beside those of every model."""
        view = self.admin_site.admin_view(self.deed_view)
        deeds = [
            path(f"<uuid:order_id>/{name}/", view, {"deed": deed}, name=f"bookstore_order_{name}")
            for name, deed in DEEDS.items()
        ]
        return [*deeds, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """An order, and what can be done to it."""
        order = self.get_object(request, object_id)
        deeds = {name: deed for name, deed in DEEDS.items() if order and deed.possible(order)}
        urls = [
            (deed.title, reverse(f"admin:bookstore_order_{name}", args=(object_id,)))
            for name, deed in deeds.items()
        ]
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "deeds": urls}
        )

    def deed_view(self, request: HttpRequest, order_id: UUID, deed: Deed) -> HttpResponse:
        """The form of a deed; sent, it is done, and what came of it is a message."""
        order = self.get_object(request, str(order_id))
        page = reverse("admin:bookstore_order_change", args=(order_id,))
        if order is None:
            return HttpResponseRedirect(page)
        form = deed.form(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                self.message_user(
                    request, deed.run(order, cast("User", request.user), form.accepted)
                )
            except Problem as problem:
                self.message_user(request, str(problem), messages.ERROR)
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "order": order,
            "form": form,
        }
        context |= {"title": f"{deed.title}: {order}", "deed": deed, "page": page}
        return TemplateResponse(request, "admin/bookstore/order/deed.html", context)
