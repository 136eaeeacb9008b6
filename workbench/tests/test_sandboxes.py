"""Each sandbox has its own key, secret and data."""

from pathlib import Path

import httpx
import pytest

from workbench.processes import FailedError, Processes, free_port
from workbench.sandboxes import Sandbox


def test_another_key_is_rejected(tmp_path: Path) -> None:
    with Processes() as processes:
        sandbox = Sandbox("flask", free_port(), "http://127.0.0.1:9/", tmp_path).open(processes)
        with sandbox.client() as client:
            assert client.get("/ledger").json() == {"entries": [], "next_cursor": None}
        response = httpx.get(f"{sandbox.url}/ledger", headers={"Authorization": "Bearer other"})
        assert response.status_code == httpx.codes.UNAUTHORIZED
        assert sandbox.shop_settings["BOOKSTORE_PAYMENT_URL"] == sandbox.url
    assert (tmp_path / "flask-payments.db").exists()
    assert sandbox.api_key not in sandbox.log.read_text()


def test_two_sandboxes_have_different_keys_and_secrets() -> None:
    one, other = (Sandbox("flask", 1, "http://127.0.0.1:9/") for _ in range(2))
    assert one.api_key != other.api_key
    assert one.webhook_secret != other.webhook_secret
    assert one.api_key not in repr(one)


def test_a_taken_port_is_an_error_that_names_the_provider(tmp_path: Path) -> None:
    with Processes() as processes:
        port = free_port()
        Sandbox("flask", port, "http://127.0.0.1:9/", tmp_path).open(processes)
        with pytest.raises(
            FailedError, match=r"payment-sandbox serve ended with status 1:\n.*in use"
        ):
            Sandbox("other", port, "http://127.0.0.1:9/", tmp_path).open(processes)
