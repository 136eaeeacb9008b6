"""The shop, and one operation more."""

from availability import blueprint
from bookstore import wsgi
from flask import Flask


def create() -> Flask:
    """The application with the exercise's blueprint."""
    app = wsgi.create()
    app.register_blueprint(blueprint)
    return app
