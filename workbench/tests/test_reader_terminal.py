"""An operation is shown on the terminal, in columns if the terminal is wide enough."""

import os
import subprocess
import sys

import pytest

from workbench import ROOT, compare

HANDLERS = ["impl_flask/bookstore", "impl_fastapi/bookstore", "impl_django/bookstore"]


def printed(operation_id: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench.compare", "--operation", operation_id],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wide_terminal_shows_the_handlers_side_by_side() -> None:
    done = printed("placeOrder", COLUMNS="180")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 180
    assert any(all(handler in line for handler in HANDLERS) for line in lines)
    assert "placeOrder  POST /orders" in lines[0]
    assert any(line.split()[:1] == ["409"] and "insufficient-stock" in line for line in lines)


def test_a_narrow_terminal_shows_one_handler_after_the_other() -> None:
    done = printed("placeorder", COLUMNS="80")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(all(handler in line for handler in HANDLERS[:2]) for line in lines)
    firsts = [next(n for n, line in enumerate(lines) if each in line) for each in HANDLERS]
    assert firsts == sorted(firsts)


def test_no_color_turns_colour_off() -> None:
    coloured = printed("getMe", COLUMNS="160", FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[3" in coloured.stdout
    plain = printed("getMe", COLUMNS="160", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color")
    assert "\x1b[3" not in plain.stdout


def test_an_unknown_operation_is_an_error_that_lists_the_known_ones() -> None:
    done = printed("placeOrders")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "The operation placeOrders does not exist. The operations are: getLiveness, "
    )


@pytest.mark.parametrize(
    ("environment", "has_screen"),
    [({}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "w"}, True)],
)
def test_a_browser_opens_only_on_a_screen(
    environment: dict[str, str], *, has_screen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    opened: list[str] = []
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("webbrowser.open", opened.append)
    page = compare.SITE / "index.html"
    compare.show(page, wanted=True)
    assert opened == ([page.as_uri()] if has_screen else [])
    compare.show(page, wanted=False)
    assert len(opened) == has_screen
