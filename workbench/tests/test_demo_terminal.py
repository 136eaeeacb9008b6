"""The demo prints short, aligned requests and responses, with colour only on a terminal."""

import io
from datetime import timedelta

import httpx
import pytest
from rich.console import Console

from workbench.demo.terminal import Screen, pretty, shortened

MONEY = {"amount": 1299, "currency": "EUR"}


def test_a_short_value_is_on_one_line() -> None:
    assert pretty({"total": MONEY}) == '{"total": {"amount": 1299, "currency": "EUR"}}'


def test_a_long_object_has_a_line_for_each_member() -> None:
    value = {"title": "x" * 50, "subtitle": "y" * 50, "price": MONEY, "tags": []}
    assert pretty(value).splitlines() == [
        "{",
        f'  "title": "{"x" * 50}",',
        f'  "subtitle": "{"y" * 50}",',
        '  "price": {"amount": 1299, "currency": "EUR"},',
        '  "tags": []',
        "}",
    ]


def test_a_long_list_is_shortened() -> None:
    assert pretty([1, 2, 3, 4]) == "[1, 2, … 2 more]"
    assert pretty([1, 2]) == "[1, 2]"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJib29rIn0.c2ln", "Bearer eyJhbGciOi…"),
        ("rt_KN-JWoZabcdefghijk", "rt_KN-JWoZ…"),
        ("x" * 61, "x" * 59 + "…"),
        ("The Hobbit", "The Hobbit"),
    ],
)
def test_tokens_and_long_texts_are_shortened(text: str, short: str) -> None:
    assert shortened(text) == short


def printed(*, terminal: bool) -> str:
    """Print a request and one member of its response; return the output."""
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, highlight=False, soft_wrap=True)
    request = httpx.Request("PUT", "http://shop/cart?x=1", json={"quantity": 2})
    response = httpx.Response(
        200, json={"total": MONEY, "items": [], "expires_at": None}, request=request
    )
    response.headers["ETag"] = '"v1"'
    response.elapsed = timedelta(milliseconds=12)
    screen = Screen(console)
    screen.exchange(response, members=("total",))
    screen.check("the total is right")
    screen.check("and so is the rest")
    return output.getvalue()


def test_an_exchange_has_headers_status_and_members() -> None:
    assert printed(terminal=False).splitlines() == [
        "",
        "    PUT /cart?x=1",
        '    {"quantity": 2}',
        "",
        "    200 OK  12 ms",
        '    ETag: "v1"',
        '    {"total": {"amount": 1299, "currency": "EUR"}, … 2 more}',
        "",
        "    ✓ the total is right",
        "    ✓ and so is the rest",
    ]


def test_colour_is_only_on_a_terminal_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" not in printed(terminal=False)
    assert "\x1b[1;32m" in printed(terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "32m" not in printed(terminal=True)
