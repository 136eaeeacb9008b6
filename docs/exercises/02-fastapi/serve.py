"""The shop, and one operation more."""

from availability import router
from bookstore.app import create_app
from fastapi import FastAPI


def create() -> FastAPI:
    """The application with the exercise's router."""
    app = create_app()
    app.include_router(router)
    return app
