"""A store starts on any machine: the given one, Redis or Valkey, or else fakeredis."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from workbench import stores
from workbench.processes import Processes


@pytest.fixture(autouse=True)
def _no_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the stores that the environment and the PATH name, and write logs to a folder."""
    monkeypatch.delenv("BOOKSTORE_REDIS_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(stores, "VAR", tmp_path)


def no_server() -> None:
    """Replace `server_in_package`, as on a platform without such a wheel."""


def test_a_given_store_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKSTORE_REDIS_URL", "redis://store.example:6379/3")
    with Processes() as processes:
        assert stores.open_store(processes) == "redis://store.example:6379/3"


@pytest.mark.parametrize("name", stores.ON_PATH)
def test_a_server_on_the_path_is_preferred(name: str, tmp_path: Path) -> None:
    server = tmp_path / name
    server.touch(mode=0o755)
    assert stores.command(7000)[0] == str(server)


def test_a_server_in_a_package_works() -> None:
    if not stores.server_in_package():
        pytest.skip("this platform has no package with a server")
    assert_keeps_a_value(stores.open_store)


def test_fakeredis_is_the_last_choice_and_prints_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stores, "server_in_package", no_server)
    assert stores.command(7000)[0] == sys.executable
    assert_keeps_a_value(stores.open_store)
    assert "uses fakeredis instead" in capsys.readouterr().err


def assert_keeps_a_value(open_store: Callable[[Processes], str]) -> None:
    """Use what a bookstore needs: expiry, a transaction with WATCH, and a script."""
    with Processes() as processes, redis.Redis.from_url(open_store(processes)) as client:
        client.set("cart", "1", ex=60)
        with client.pipeline() as transaction:
            transaction.watch("cart")
            transaction.multi()
            transaction.incr("cart")
            assert transaction.execute() == [2]
        assert client.eval("return redis.call('GET', KEYS[1])", 1, "cart") == b"2"
