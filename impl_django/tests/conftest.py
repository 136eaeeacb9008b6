import os
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402 -- it needs django.setup()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    """An empty database of its own."""
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = str(tmp_path / "bookstore.db")
    yield
    connection.close()
    connection.settings_dict["NAME"] = before
