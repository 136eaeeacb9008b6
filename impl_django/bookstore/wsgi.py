"""What a worker of the server loads."""

import os
from collections.abc import Callable, Iterable
from typing import Any, cast

import django
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse

from . import metrics, tracing
from .environment import current_settings
from .logs import configure_logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
configure_logs(current_settings().log_level)  # before anything can fail
django.setup()
metrics.durations()  # made before there are threads
tracing.register()  # before the handler takes in the middleware
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, its answers closed early: the database connection is free before the client reads."""
    response: object = _django(environ, start_response)
    if not isinstance(response, HttpResponse):
        return cast("Iterable[bytes]", response)
    response.close()
    return [response.content]
