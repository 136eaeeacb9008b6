"""Covers in the admin site, to look at."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..admin import ReadOnlyAdmin
from .models import Cover


@admin.register(Cover)
class CoverAdmin(ReadOnlyAdmin):
    """Pictures of books."""

    list_display = ("book", "content_type", "width", "height", "updated_at")
    list_select_related = ("book",)
    fields = ("book", "picture", "content_type", "width", "height", "updated_at")
    readonly_fields = ("picture",)
    ordering = ("-updated_at",)

    @admin.display(description="picture")
    def picture(self, cover: Cover) -> SafeString:
        """The picture itself."""
        return format_html(
            '<img src="/books/{}/cover" alt="" style="max-height: 40em">', cover.book_id
        )
