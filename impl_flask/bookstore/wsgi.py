"""What a worker of the server loads."""

from flask import Flask

from . import logs, metrics, tracing
from .app import create_app
from .settings import current_settings


def create() -> Flask:
    """The application, its logs going to stdout."""
    logs.configure(current_settings().log_level)
    metrics.durations()  # made before there are threads
    app = create_app()
    tracing.register(app)
    return app
