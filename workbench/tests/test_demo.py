"""The tour of `make demo` passes in every implementation, and fails for a wrong response."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from workbench.demo.terminal import Screen
from workbench.demo.tour import Tour
from workbench.processes import FailedError, Processes, free_port
from workbench.run.greeting import catalogue_commands, first_book, purchase_commands
from workbench.sandboxes import Sandbox
from workbench.shops import Shop, implementations, webhook_url
from workbench.stores import open_store


@pytest.mark.parametrize("name", implementations())
def test_the_demo_passes(name: str) -> None:
    demo = subprocess.run(
        [sys.executable, "-m", "workbench.demo", "--impl", name],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout[-2000:] + demo.stderr
    assert "all responses as expected" in demo.stdout
    assert "\x1b" not in demo.stdout


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A running shop with its own payment provider."""
    name = implementations()[0]
    with Processes() as processes:
        port = free_port()
        sandbox = Sandbox(name, free_port(), webhook_url(port), tmp_path).open(processes)
        url, store = f"sqlite:///{tmp_path / 'shop.db'}", open_store(processes, tmp_path)
        yield Shop(name, port, url, store, sandbox, tmp_path).open(processes)


def test_the_commands_of_the_greeting_work(shop: Shop) -> None:
    book, etag = first_book(shop)
    lines = [*catalogue_commands(shop, book, etag), *purchase_commands(shop, book)]
    pasted = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
        env={**os.environ, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert pasted.returncode == 0, pasted.stderr
    assert pasted.stdout.count("HTTP/1.1 200") == 2
    for expected in ('"captured"', '"paid"', '"capture"'):
        assert expected in pasted.stdout.replace('": "', '":"'), expected


def tour(response: httpx.Response | httpx.TransportError) -> Tour:
    """Return a tour of a shop that gives one response to every request."""

    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(response, httpx.Response):
            response.elapsed = timedelta()
            return response
        raise response

    client = httpx.Client(base_url="http://shop", transport=httpx.MockTransport(respond))
    return Tour("broken", client, client, Screen(), Processes())


def test_an_unexpected_status_fails() -> None:
    with pytest.raises(FailedError, match="POST /users: expected status 201, got 500"):
        tour(httpx.Response(500)).run()


def test_a_missing_response_fails() -> None:
    with pytest.raises(FailedError, match="POST /users got no response: gone"):
        tour(httpx.ReadError("gone")).run()
