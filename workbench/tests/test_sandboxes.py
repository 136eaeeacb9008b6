"""That a shop's provider is its own: its key, its secret, its data."""

from pathlib import Path

import httpx
import pytest

from workbench.processes import FailedError, Processes, free_port
from workbench.sandboxes import Sandbox


def test_it_lets_in_only_its_own_shop(tmp_path: Path) -> None:
    with Processes() as processes:
        sandbox = Sandbox("flask", free_port(), "http://127.0.0.1:9/", tmp_path).open(processes)
        with sandbox.client() as client:
            assert client.get("/ledger").json() == {"entries": [], "next_cursor": None}
        answer = httpx.get(f"{sandbox.url}/ledger", headers={"Authorization": "Bearer other"})
        assert answer.status_code == httpx.codes.UNAUTHORIZED
        assert sandbox.shop_settings["BOOKSTORE_PAYMENT_URL"] == sandbox.url
    assert (tmp_path / "flask-payments.db").exists()
    assert sandbox.api_key not in sandbox.log.read_text()


def test_no_two_runs_share_a_key_or_a_secret() -> None:
    one, other = (Sandbox("flask", 1, "http://127.0.0.1:9/") for _ in range(2))
    assert one.api_key != other.api_key
    assert one.webhook_secret != other.webhook_secret
    assert one.api_key not in repr(one)


def test_a_provider_that_cannot_start_is_named(tmp_path: Path) -> None:
    with Processes() as processes:
        port = free_port()
        Sandbox("flask", port, "http://127.0.0.1:9/", tmp_path).open(processes)
        with pytest.raises(
            FailedError, match=r"payment-sandbox serve ended with status 1:\n.*in use"
        ):
            Sandbox("other", port, "http://127.0.0.1:9/", tmp_path).open(processes)
