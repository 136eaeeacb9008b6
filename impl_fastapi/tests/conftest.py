"""The settings that the code under test reads, and the event loop it runs on."""

import os

import pytest

os.environ["BOOKSTORE_ENV"] = "development"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
