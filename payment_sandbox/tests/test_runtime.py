"""The command line: settings, error messages, signals and logs."""

import os
import signal
import sqlite3
import subprocess
import threading
import time

import httpx
import pytest

from tests.provider import COMMAND, SECRET, Provider


def startup_error(*arguments: str, **settings: str) -> str:
    """Return the error that the command prints when it does not start."""
    ended = subprocess.run(
        [COMMAND, "serve", *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("payment-sandbox: ")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_API_KEY", ""),
        ("SANDBOX_API_KEY", "ключ"),
        ("SANDBOX_WEBHOOK_URL", "ftp://127.0.0.1/"),
        ("SANDBOX_WEBHOOK_URL", "http://127.0.0.1:99999/"),
        ("SANDBOX_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("SANDBOX_WEBHOOK_SECRET", "secret"),
        ("SANDBOX_DATABASE", "/nowhere/sandbox.db"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(name: str, value: str) -> None:
    assert name in startup_error(**{name: value})


def test_every_bad_setting_is_named() -> None:
    line = startup_error(SANDBOX_API_KEY="", SANDBOX_WEBHOOK_URL="here")
    assert "SANDBOX_API_KEY" in line
    assert "SANDBOX_WEBHOOK_URL" in line


def test_a_port_in_use_is_one_line(provider: Provider) -> None:
    settings = {"SANDBOX_DATABASE": provider.environment["SANDBOX_DATABASE"]}
    assert "in use" in startup_error("--port", str(provider.port), **settings)


def test_a_file_that_is_not_a_database_is_one_line(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("other") / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    assert "database" in startup_error("--port", "0", SANDBOX_DATABASE=str(path))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(own_provider: Provider, number: signal.Signals) -> None:
    own_provider.pay()
    assert own_provider.stop(number) == 0
    assert "Traceback" not in own_provider.log.read_text()


def test_shutdown_does_not_wait_for_delayed_requests(own_provider: Provider) -> None:
    own_provider.arrange("*", "delay", seconds=60)
    failures: list[httpx.TransportError] = []

    def pay() -> None:
        try:
            own_provider.pay()
        except httpx.TransportError as failure:
            failures.append(failure)

    paying = threading.Thread(target=pay)
    paying.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert own_provider.stop() == 0
    assert time.monotonic() - began < 5
    paying.join()
    assert failures


def test_a_payment_survives_a_kill(own_provider: Provider) -> None:
    payment = own_provider.pay()
    own_provider.stop(signal.SIGKILL)
    own_provider.start()
    assert own_provider.pay(payment["reference"]) == payment
    assert own_provider.entries(payment["reference"]) == [("capture", 2598)]


def test_database_constraints_protect_the_amounts(own_provider: Provider) -> None:
    payment = own_provider.pay()
    with sqlite3.connect(own_provider.environment["SANDBOX_DATABASE"]) as database:
        for wrong in ("refunded = amount + 1", "captured = amount - 1", "refunded = -1"):
            with pytest.raises(sqlite3.IntegrityError, match="ck_payments"):
                database.execute(
                    f"UPDATE payments SET {wrong} WHERE id = ?",  # constants
                    [payment["id"]],
                )
    database.close()


def test_the_log_contains_no_secret(own_provider: Provider) -> None:
    payment = own_provider.pay()
    own_provider.find(payment["reference"])
    log = own_provider.log.read_text()
    assert '"path": "/payments"' in log
    for secret in (own_provider.environment["SANDBOX_API_KEY"], SECRET, payment["reference"]):
        assert secret not in log
