"""The one Django app."""

from django.apps import AppConfig
from django.contrib import admin


class BookstoreConfig(AppConfig):
    """All domains together, as one layout version counts all their tables."""

    name = "bookstore"

    def ready(self) -> None:
        """Name the admin site."""
        admin.site.site_header = admin.site.site_title = "Bookstore"
        admin.site.site_url = None  # there is an API, no site to view
