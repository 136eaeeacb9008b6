"""Fixtures: a real server on a free port, and a shop that records the events it receives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provider import Provider
from tests.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


@pytest.fixture(scope="session")
def server(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with Provider(tmp_path_factory.mktemp("sandbox"), shop.url) as provider:
        yield provider


@pytest.fixture
def provider(server: Provider, shop: Shop) -> Iterator[Provider]:
    """The server that all tests share, without active faults."""
    yield server
    server.client.delete("/faults")
    shop.forget()


@pytest.fixture
def own_provider(shop: Shop, tmp_path: Path) -> Iterator[Provider]:
    """A server for one test, which may stop and restart it."""
    with Provider(tmp_path, shop.url) as provider:
        yield provider
    shop.forget()
