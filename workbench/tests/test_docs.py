"""The page `/docs` of each shop works in a browser: it renders, and sends authorized requests."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from workbench.processes import Processes, free_port
from workbench.shops import DEMO_PASSWORD, Shop, implementations
from workbench.stores import open_store

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
CUSTOMER = "customer@bookstore.example"
PATIENCE_MS = 60_000

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is on the PATH")


@pytest.fixture(params=implementations())
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A running shop with the demo users."""
    with Processes() as processes:
        url, store = f"sqlite:///{tmp_path / 'shop.db'}", open_store(processes, tmp_path)
        shop = Shop(request.param, free_port(), url, store, folder=tmp_path)
        yield shop.open(processes)


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        # Chromium cannot use its sandbox as root. These pages are trusted.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


def execute(page: Page, operation: str, body: object = None) -> tuple[str, Any]:
    """Execute an operation on the page; return the status and the JSON of the response."""
    block = page.locator(f"#operations-{operation}")
    block.locator(".opblock-summary-control").click()
    if body is not None:
        block.locator("textarea").fill(json.dumps(body))
    block.locator(".execute").click()
    response = block.locator(".live-responses-table tbody tr").first
    status = response.locator("td.response-col_status").inner_text()
    return status.split()[0], json.loads(response.locator("pre").first.inner_text())


def authorize(page: Page, token: str) -> None:
    """Enter an access token into the page's dialog."""
    page.locator(".scheme-container .authorize").click()
    page.locator(".auth-container input").first.fill(token)
    page.locator(".auth-btn-wrapper .authorize").first.click()
    page.locator(".auth-btn-wrapper .btn-done").first.click()


def test_operations_can_be_executed_with_a_token(shop: Shop, page: Page) -> None:
    messages: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: messages.append(message.text))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(f"{shop.url}/docs")
    expect(page.locator("#operations-reports-getSalesReport")).to_be_visible(timeout=PATIENCE_MS)
    credentials = {"email": CUSTOMER, "password": DEMO_PASSWORD}
    status, tokens = execute(page, "accounts-login", credentials)
    assert status == "200"
    authorize(page, tokens["access_token"])
    status, account = execute(page, "accounts-getMe")
    assert (status, account["email"]) == ("200", CUSTOMER)
    assert messages == []
    assert hosts - {""} == {urlsplit(shop.url).netloc}  # a data: URL has no host
