"""The contract's page in a browser: it draws, and what is tried there after a login works."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from workbench.processes import Processes, free_port
from workbench.shops import DEMO_PASSWORD, Shop, implementations
from workbench.stores import open_store

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
CUSTOMER = "customer@bookstore.example"
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on the PATH"
)


@pytest.fixture(params=implementations())
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A shop that knows the demo users."""
    with Processes() as processes:
        url, store = f"sqlite:///{tmp_path / 'shop.db'}", open_store(processes, tmp_path)
        shop = Shop(request.param, free_port(), url, store, folder=tmp_path)
        yield shop.open(processes)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A Chromium that writes down what it asks for and complains about."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ("--headless=new", "--no-sandbox", f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    yield driver
    driver.quit()


class Page:
    """What a person does on it."""

    def __init__(self, browser: webdriver.Chrome, shop: Shop) -> None:
        """Open it, and wait until the contract is drawn."""
        self.browser = browser
        browser.get(f"{shop.url}/docs")
        self.one("#operations-reports-getSalesReport")

    def one(self, selector: str, within: WebElement | None = None) -> WebElement:
        """The first element of its kind, once there is one that can be seen."""

        def seen(browser: webdriver.Chrome) -> WebElement | None:
            found = (within or browser).find_elements(By.CSS_SELECTOR, selector)
            return next((each for each in found if each.is_displayed()), None)

        element = WebDriverWait(self.browser, PATIENCE_SECONDS).until(seen)
        assert element
        return element

    def click(self, selector: str, within: WebElement | None = None) -> None:
        """Scroll there, and click."""
        element = self.one(selector, within)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def tried(self, operation: str, body: object = None) -> tuple[str, Any]:
        """The status and the JSON of the answer to an operation."""
        block = self.one(f"#operations-{operation}")
        self.click(".opblock-summary-control", block)
        if body is not None:
            field = self.one("textarea", block)
            field.clear()
            field.send_keys(json.dumps(body))
        self.click(".execute", block)
        answer = self.one(".live-responses-table tbody tr", block)
        status = self.one("td.response-col_status", answer)
        return status.text, json.loads(self.one("pre", answer).text)

    def authorize(self, token: str) -> None:
        """Give the page an access token."""
        self.click(".scheme-container .authorize")
        self.one(".auth-container input").send_keys(token)
        self.click(".auth-btn-wrapper .authorize")
        self.click(".auth-btn-wrapper .btn-done")

    def complaints(self) -> list[str]:
        """What the console shows: errors, and what the page's policy stopped."""
        return [entry["message"] for entry in self._log("browser")]

    def hosts(self) -> set[str]:
        """Where requests went; those for data: and for the browser's own chrome: went nowhere."""
        messages = [json.loads(each["message"])["message"] for each in self._log("performance")]
        urls = [
            urlsplit(message["params"]["request"]["url"])
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
        return {url.netloc for url in urls if url.scheme not in {"data", "chrome"}}

    def _log(self, kind: str) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = self.browser.get_log(kind)  # type: ignore[no-untyped-call]
        return entries


def test_what_is_tried_after_a_login_works(shop: Shop, browser: webdriver.Chrome) -> None:
    page = Page(browser, shop)
    credentials = {"email": CUSTOMER, "password": DEMO_PASSWORD}
    status, tokens = page.tried("accounts-login", credentials)
    assert status == "200"
    page.authorize(tokens["access_token"])
    status, account = page.tried("accounts-getMe")
    assert (status, account["email"]) == ("200", CUSTOMER)
    assert page.complaints() == []
    assert page.hosts() == {urlsplit(shop.url).netloc}
