"""That the tour is right in every implementation, and says so when something is not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from workbench.greeting import a_purchase, found_book, things_to_see
from workbench.processes import FailedError, Processes, free_port
from workbench.sandboxes import Sandbox
from workbench.shops import Shop, implementations, webhook_url
from workbench.shown import Screen
from workbench.stores import open_store
from workbench.tour import Tour


@pytest.mark.parametrize("name", implementations())
def test_the_demo_ends_well(name: str) -> None:
    demo = subprocess.run(
        [sys.executable, "-m", "workbench.demo", "--impl", name],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout[-2000:] + demo.stderr
    assert "all as they should be" in demo.stdout
    assert "\x1b" not in demo.stdout


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with a provider of its own."""
    name = implementations()[0]
    with Processes() as processes:
        port = free_port()
        sandbox = Sandbox(name, free_port(), webhook_url(port), tmp_path).open(processes)
        url, store = f"sqlite:///{tmp_path / 'shop.db'}", open_store(processes, tmp_path)
        yield Shop(name, port, url, store, sandbox, tmp_path).open(processes)


def test_what_the_greeting_says_to_paste_works(shop: Shop) -> None:
    book, etag = found_book(shop)
    lines = [*things_to_see(shop, book, etag), *a_purchase(shop, book)]
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


def tour(answer: httpx.Response | httpx.TransportError) -> Tour:
    """A tour of a shop that always answers so."""

    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            answer.elapsed = timedelta()
            return answer
        raise answer

    client = httpx.Client(base_url="http://shop", transport=httpx.MockTransport(respond))
    return Tour("broken", client, client, Screen(), Processes())


def test_another_status_is_told() -> None:
    with pytest.raises(FailedError, match="POST /users should be answered with 201, not 500"):
        tour(httpx.Response(500)).walk()


def test_no_answer_is_told() -> None:
    with pytest.raises(FailedError, match="POST /users got no answer: gone"):
        tour(httpx.ReadError("gone")).walk()
