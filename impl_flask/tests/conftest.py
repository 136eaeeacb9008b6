"""An application of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from bookstore import settings
from bookstore.app import create_app
from bookstore.database import db


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("BOOKSTORE_ENV", "development")
    monkeypatch.setenv("BOOKSTORE_DATABASE_URL", f"sqlite:///{tmp_path}/bookstore.db")
    settings.current_settings.cache_clear()
    app = create_app()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    settings.current_settings.cache_clear()
