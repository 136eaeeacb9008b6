"""That there is a store on any machine, the best one that it has."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from workbench import stores
from workbench.processes import Processes


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No store given, none on the PATH, logs out of the way."""
    monkeypatch.delenv("BOOKSTORE_REDIS_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(stores, "VAR", tmp_path)


def nothing() -> None:
    """Stand for a server that is not there."""


def test_the_given_store_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKSTORE_REDIS_URL", "redis://store.example:6379/3")
    with Processes() as processes:
        assert stores.open_store(processes) == "redis://store.example:6379/3"


@pytest.mark.parametrize("name", stores.ON_PATH)
def test_then_a_server_on_the_path(name: str, tmp_path: Path) -> None:
    server = tmp_path / name
    server.touch(mode=0o755)
    assert stores.command(7000)[0] == str(server)


def test_then_the_server_in_a_package() -> None:
    if not stores.server_in_package():
        pytest.skip("no package brings a server for this platform")
    assert_keeps_a_value(stores.open_store)


def test_then_fakeredis_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stores, "server_in_package", nothing)
    assert stores.command(7000)[0] == sys.executable
    assert_keeps_a_value(stores.open_store)
    assert "fakeredis stands in" in capsys.readouterr().err


def assert_keeps_a_value(open_store: Callable[[Processes], str]) -> None:
    """Set, get, a transaction and a script: what a bookstore needs."""
    with Processes() as processes, redis.Redis.from_url(open_store(processes)) as client:
        client.set("cart", "1", ex=60)
        with client.pipeline() as transaction:
            transaction.watch("cart")
            transaction.multi()
            transaction.incr("cart")
            assert transaction.execute() == [2]
        assert client.eval("return redis.call('GET', KEYS[1])", 1, "cart") == b"2"
