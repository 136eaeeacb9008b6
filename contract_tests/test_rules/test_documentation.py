"""The contract as a page: whole, from this server alone, and working under its own policy."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from harness import contract
from harness.client import Client, refused, succeeded
from harness.contract import resolve

ASSET = contract.named("getDocumentationAsset")
FILES = resolve(ASSET.parameters[0]["schema"])["enum"]
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "object": "data"}
TYPES = {"js": "text/javascript", "css": "text/css"}
NO_FILES = ("nonsense", "index.html", "SWAGGER-UI.CSS", "swagger-ui.css.map")


class Page(HTMLParser):
    """What a page loads, and what it has inline."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self._open_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what it names, and code or style in its attributes."""
        values = {name: value or "" for name, value in attrs}
        address = values.get(LOADING.get(tag, ""), "")
        if address and not address.startswith("data:"):
            self.loaded.append(address)
        self.inline += [name for name in values if name == "style" or name.startswith("on")]
        self._open_script = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        """A script or style ends."""
        del tag
        self._open_script = False

    def handle_data(self, data: str) -> None:
        """Note what a script or style has between its tags."""
        if self._open_script and data.strip():
            self.inline.append(data)


@pytest.fixture
def page(anyone: Client) -> Page:
    """The page, read."""
    return Page(succeeded(anyone.get("/docs"), 200).text)


def addresses(page: Page) -> Iterator[str]:
    """What the page loads, as paths of the server."""
    for address in page.loaded:
        assert ":" not in address, "from elsewhere"
        assert not address.startswith("//"), "from elsewhere"
        yield "/" + address.removeprefix("/")


def test_the_page_loads_the_documented_files_and_no_others(page: Page) -> None:
    assert sorted(addresses(page)) == sorted(f"/docs/{name}" for name in FILES)


def test_the_page_has_nothing_inline_that_its_policy_would_stop(page: Page) -> None:
    assert page.inline == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_page_has_its_type_and_content(anyone: Client, name: str) -> None:
    answer = succeeded(anyone.get(f"/docs/{name}"), 200)
    assert answer.headers["Content-Type"].partition(";")[0] == TYPES[name.rpartition(".")[2]]
    assert answer.content.strip()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_acceptable_as_what_it_is_alone(anyone: Client, name: str) -> None:
    own = TYPES[name.rpartition(".")[2]]
    (other,) = set(TYPES.values()) - {own}
    succeeded(anyone.get(f"/docs/{name}", headers={"Accept": own}), 200)
    refused(anyone.get(f"/docs/{name}", headers={"Accept": other}), 406, "not-acceptable")


@pytest.mark.parametrize("name", NO_FILES)
def test_another_name_is_a_404(anyone: Client, name: str) -> None:
    refused(anyone.get(f"/docs/{name}"), 404, "not-found")


def test_the_files_have_a_tag_each(anyone: Client) -> None:
    tags = {anyone.etag(path) for path in ("/docs", *(f"/docs/{name}" for name in FILES))}
    assert len(tags) == 1 + len(FILES)


def test_a_browser_gets_the_page(anyone: Client) -> None:
    """A browser's `Accept` prefers HTML, and ends with `*/*`."""
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
    answer = succeeded(anyone.get("/docs", headers={"Accept": accept}), 200)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.lower().startswith("<!doctype html>")
