"""The pages work in a browser, opened from files: by mouse, keyboard and screen reader."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # the package has no type hints
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
WIDE, NARROW = 1440, 390
PAGES = (
    "index.html",
    "operations/createAuthor.html",
    "concerns/who-may.html",
    "results.html",
    "documents/docs-01-flask.html",
)
"""A small page of each kind, because axe examines every element."""
OTHER_PAGES = (
    "operations/placeOrder.html",
    "concerns/the-rules.html",
    "files/orders-services.html",
    "problems.html",
    "results/rules.html",
    "sizes.html",
    "documents/docs-readme.html",
    "documents/spec-storage.html",
)
UNPACKED = "() => !document.querySelector('div[data-packed]:not(:has(> div))')"
"""A condition: the page has inserted the sections that it loads without a click."""
AXE = {
    "preload": False,  # the pages' content security policy forbids it to fetch the styles
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
}

expect.set_options(timeout=20_000)  # the machine may be busy

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on the PATH")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium cannot use its sandbox as root. These pages are trusted.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def width() -> int:
    return WIDE


@pytest.fixture
def scheme() -> str:
    return "light"


@pytest.fixture
def page(browser: Browser, width: int, scheme: str) -> Iterator[Page]:
    """A browser page. After the test, it must not have console messages or requests over HTTP."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("requestfailed", lambda request: messages.append(f"failed: {request.url}"))
    page.on("request", lambda request: _check_url(request.url, messages))
    yield page
    context.close()
    assert messages == []


def _check_url(url: str, messages: list[str]) -> None:
    if not url.startswith(("file:", "data:")):
        messages.append(f"requested {url}")


def address(pages: Path, name: str) -> str:
    path, _, fragment = name.partition("#")
    return (pages / path).as_uri() + (f"#{fragment}" if fragment else "")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(page: Page, pages: Path, name: str) -> None:
    page.goto(address(pages, name))
    assert violations(page) == []


@pytest.mark.parametrize("name", OTHER_PAGES)
def test_axe_finds_no_violation_on_other_pages(page: Page, pages: Path, name: str) -> None:
    page.goto(address(pages, name))
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    """Return the rules that axe finds violated, each with its first element."""
    page.wait_for_function(UNPACKED)
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


@pytest.mark.parametrize("width", [WIDE, 900, NARROW, 320])
def test_no_page_is_wider_than_the_window(page: Page, pages: Path) -> None:
    for name in (*PAGES, *OTHER_PAGES):
        page.goto(address(pages, name))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


def test_links_lead_from_the_index_to_an_operation_and_its_code(page: Page, pages: Path) -> None:
    page.goto(address(pages, "index.html"))
    page.get_by_role("link", name="POST placeOrder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("placeOrder")
    link = page.locator("[data-impl=django] figcaption a").first
    where = link.inner_text()
    link.click()
    assert where.startswith("orders/views.py:")
    number = where.partition(":")[2]
    line = page.locator(f"#c{number}")
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text('@operation("customer")')


def test_a_link_in_a_lesson_leads_to_the_line_of_a_symbol(page: Page, pages: Path) -> None:
    page.goto(address(pages, "documents/docs-01-flask.html"))
    page.get_by_role("link", name="app.py::create_app").first.click()
    line = page.locator("li.here")
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text("def create_app(")


def test_a_line_without_a_definition_has_an_address(page: Page, pages: Path) -> None:
    page.goto(address(pages, "files/orders-services.html#b100"))
    here = page.locator("li.here")
    expect(here).to_be_in_viewport()
    position = "item => [...item.parentElement.children].indexOf(item) + 1"
    assert here.evaluate(position) == 100
    assert here.evaluate("item => item.parentElement.id") == "b"
    here.click(position={"x": 5, "y": 5})
    page.locator("#b > li").nth(101).click(position={"x": 5, "y": 5})
    assert page.url.endswith("#b102")


def test_a_fragment_is_in_view_after_the_sections_above_are_inserted(
    page: Page, pages: Path
) -> None:
    page.goto(address(pages, "operations/createAuthor.html#results"))
    page.wait_for_function(UNPACKED)
    expect(page.locator("#results")).to_be_in_viewport()


def test_columns_start_at_one_height_and_their_heads_stay_visible(page: Page, pages: Path) -> None:
    page.goto(address(pages, "operations/placeOrder.html#services"))
    names = page.locator("[data-show]").all_inner_texts()
    assert names == ["Flask", "FastAPI", "Django"]
    row = page.locator("section:has(#services) .row").first
    boxes = [cell.bounding_box() for cell in row.locator("figure:first-of-type").all()]
    assert len(boxes) == len(names)
    assert len({box["y"] for box in boxes if box}) == 1
    assert len({box["x"] for box in boxes if box}) == len(names)
    page.mouse.wheel(0, 1500)
    page.wait_for_function("scrollY > 1500")
    heads = page.locator(".heads").bounding_box()
    assert heads is not None
    assert heads["y"] == 0


def test_a_head_shows_its_column_alone_and_then_all_again(page: Page, pages: Path) -> None:
    page.goto(address(pages, "operations/placeOrder.html"))
    flask, django = (page.locator(f"[data-impl={name}]").first for name in ("flask", "django"))
    head = page.get_by_role("button", name="Django")
    head.click()
    expect(flask).to_be_hidden()
    expect(django).to_be_visible()
    expect(head).to_have_attribute("aria-pressed", "true")
    head.click()
    expect(flask).to_be_visible()


@pytest.mark.parametrize("width", [NARROW])
def test_a_narrow_window_shows_one_column_and_remembers_it(page: Page, pages: Path) -> None:
    page.goto(address(pages, "operations/placeOrder.html"))
    expect(page.locator("[data-impl=flask]").first).to_be_visible()
    expect(page.locator("[data-impl=fastapi]").first).to_be_hidden()
    page.get_by_role("button", name="FastAPI").click()
    expect(page.locator("[data-impl=flask]").first).to_be_hidden()
    page.goto(address(pages, "concerns/errors.html"))
    expect(page.locator("[data-impl=fastapi]").first).to_be_visible()
    page.goto(address(pages, "files/orders-services.html#c100"))
    expect(page.locator("#c")).to_be_visible()
    expect(page.get_by_role("button", name="Django")).to_have_attribute("aria-pressed", "true")


def test_the_search_works_by_keyboard(page: Page, pages: Path) -> None:
    page.goto(address(pages, "index.html"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("cancel order")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("cancelOrder")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    selected = options.nth(1).get_attribute("id")
    expect(page.get_by_role("combobox")).to_have_attribute("aria-activedescendant", selected or "")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("cancelOrder")


@pytest.mark.parametrize(
    ("words", "kind", "address_end"),
    [
        ("placeorder", "operation", "operations/placeOrder.html"),
        ("insufficient", "problem", "problems.html#insufficient-stock"),
        ("carts redis", "concern", "concerns/carts-in-redis.html"),
        ("accounts/queries", "file", "files/accounts-queries.html"),
        ("reserve_copies", "code", "files/orders-copies.html#a"),
    ],
)
def test_search_finds(page: Page, pages: Path, words: str, kind: str, address_end: str) -> None:
    page.goto(address(pages, "operations/getMe.html"))
    page.get_by_role("combobox").fill(words)
    first = page.get_by_role("option").first
    expect(first.locator("small")).to_have_text(kind)
    first.click()
    page.wait_for_url(lambda url: address_end in url)


def test_a_search_without_results_says_so(page: Page, pages: Path) -> None:
    page.goto(address(pages, "index.html"))
    page.get_by_role("combobox").fill("kein solches ding")
    expect(page.get_by_role("status")).to_have_text("Nothing found")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_links_lead_from_the_matrix_to_a_case_and_its_failure(page: Page, pages: Path) -> None:
    page.goto(address(pages, "results.html"))
    page.get_by_role("table").first.get_by_role("link", name="placeOrder").click()
    expect(page.locator("#results")).to_be_in_viewport()
    page.get_by_text("test_rules/test_orders.py").click()
    page.get_by_text("placeOrder Flask 0.25 s, Django failed").click()
    expect(page.get_by_text('"state": "<paid>"')).to_be_visible()
    page.get_by_text("Django: an order is placed placeOrder: the failure").click()
    expect(page.get_by_text("curl -i -X POST")).to_be_visible()
    page.goto(address(pages, "results.html"))
    page.get_by_role("link", name="test_rules/test_orders.py").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules")
    page.get_by_text("Each case with its request and its responses").click()
    page.get_by_text("placeOrder Flask 0.25 s, Django failed").click()
    expect(page.locator(".exchange").last).to_contain_text('"title": "Oh & no"')
    assert violations(page) == []


def test_the_page_of_an_operation_has_only_its_cases(page: Page, pages: Path) -> None:
    page.goto(address(pages, "operations/getMe.html"))
    page.get_by_text("test_refusals.py").click()
    cases = page.locator(".packed section details summary")
    expect(cases).to_have_count(1)
    expect(cases).to_contain_text("getMe")


def test_the_page_of_an_operation_shows_its_trace(page: Page, pages: Path) -> None:
    page.goto(address(pages, "operations/createAuthor.html#trace"))
    steps = page.get_by_role("table", name="steps, in milliseconds")
    expect(steps).to_be_visible()
    expect(steps).to_contain_text("BEGIN IMMEDIATE")


def test_copied_code_has_spaces_and_no_tabs(page: Page, pages: Path) -> None:
    page.goto(address(pages, "files/orders-services.html"))
    page.locator("#a").evaluate("list => getSelection().selectAllChildren(list)")
    copied = page.evaluate(
        """() => {
          const data = new DataTransfer();
          const event = new ClipboardEvent("copy", {clipboardData: data, bubbles: true});
          document.dispatchEvent(event);
          return data.getData("text/plain");
        }"""
    )
    assert "    order = Order(" in copied
    assert "\t" not in copied
