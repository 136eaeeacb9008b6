"""What a worker of the server loads."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, its answers closed early: the database connection is free again before the client has read."""
    response = _django(environ, start_response)
    if response.streaming:
        return response
    response.close()
    return [response.content]
