"""The shop, and one operation more."""

from bookstore.wsgi import application  # first: it sets Django up

from bookstore import urls  # isort: skip
from availability import urlpatterns  # isort: skip

urls.urlpatterns += urlpatterns

__all__ = ["application"]
