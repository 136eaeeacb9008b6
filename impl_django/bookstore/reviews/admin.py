"""Reviews in the admin site, to look at and to remove."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest

from ..accounts.models import User
from ..admin import ANY_VERSION, FoundById, ServiceAdmin
from . import services
from .models import Review


@admin.register(Review)
class ReviewAdmin(FoundById, ServiceAdmin):
    """What readers say: their own words, which staff may remove but not change."""

    list_display = ("created_at", "book", "author", "rating", "title")
    list_select_related = ("book", "user")
    list_filter = ("rating", "created_at")
    search_fields = ("book__isbn", "user__email", "title")
    search_help_text = "An ISBN, an e-mail address, a title, or a review's id"
    fields = ("book", "author", "rating", "title", "body", "created_at", "updated_at")
    readonly_fields = ("author",)
    ordering = ("-created_at", "-id")

    @admin.display(ordering="user__email")
    def author(self, review: Review) -> str:
        """Whose words they are."""
        return review.user.email

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: readers write them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Review) -> None:
        """deleteReview."""
        caller = cast("User", request.user)
        services.delete_review(review_id=obj.id, caller=caller, if_match=ANY_VERSION)
