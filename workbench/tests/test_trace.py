"""Recorded spans become a timeline, figures, the rows of a waterfall, and HTML."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console
from trace_samples import SPANS, exchange, recorded, span

from workbench.trace.collector import Span
from workbench.trace.page import fragment
from workbench.trace.recording import chosen, operations
from workbench.trace.results import (
    Json,
    Summary,
    own_times,
    shown_request,
    summary,
    timeline,
)
from workbench.trace.rows import rows
from workbench.trace.terminal import BAR, Screen, bar

OPERATIONS = 57


@pytest.fixture
def data() -> Json:
    return recorded()


def test_a_timeline_begins_with_the_client_and_has_parents_before_their_children() -> None:
    found = [(each["id"], each["parent"], each["start_us"]) for each in timeline(exchange(), SPANS)]
    assert found == [
        ("client", None, 0),
        ("app", "client", 100),
        ("view", "app", 150),  # and not below OpenTelemetry's own server span
        ("service", "view", 200),
        ("statement", "service", 300),
        ("begin", "view", 610),
        ("cart", "view", 630),
        ("POST", "view", 660),
    ]


def test_each_moment_counts_for_the_innermost_span() -> None:
    assert summary(timeline(exchange(), SPANS)) == Summary(
        total_us=1000,
        client_us=200,
        framework_us=250,
        shop_us=300,
        sql_us=210,
        redis_us=20,
        provider_us=20,
        statements=1,
        commands=1,
        calls=1,
    )


def test_parallel_children_reduce_the_time_of_their_parent_once() -> None:
    spans = timeline(exchange(), [span("one", "", 100, 400), span("other", "", 300, 900)])
    assert own_times(spans) == {"client": 200, "one": 300, "other": 600}


def test_work_after_the_response_does_not_count() -> None:
    spans = timeline(exchange(), [span("app", "", 100, 1500), span("end", "app", 1100, 1400)])
    assert own_times(spans) == {"client": 100, "app": 900, "end": 0}


def test_results_have_the_spans_of_the_fastest_run_and_the_times_of_all(data: Json) -> None:
    shop = data["implementations"]["flask"]
    assert shop["spans"][0]["duration_us"] == min(shop["runs"]["recorded_us"])
    assert shop["runs"] == {"recorded_us": [2000, 1000], "unrecorded_us": [800]}
    assert shop["environment"]["packages"]["flask"].startswith("3.")


def test_results_omit_the_path_of_the_database(data: Json) -> None:
    assert "shop.db" not in str(data)


def test_results_omit_the_token() -> None:
    request = shown_request(exchange()["request"])
    assert request["path"] == "/books/1?x=y"
    assert "secret" not in str(request)


def test_equal_neighbours_share_a_row_and_short_spans_have_none() -> None:
    many = [span(f"s{i}", "app", 100 + i, 101 + i, db__statement="SELECT 1") for i in range(40)]
    named = [
        Span(**{**each.__dict__, "name": "SELECT"})  # they differ only in their times
        for each in many
    ]
    short = [span("short", "app", 200, 203, bookstore__phase="service")]
    app = span("app", "", 100, 900, bookstore__phase="framework")
    drawn, hidden = rows(timeline(exchange(), [app, *named, *short]))
    assert [row.text for row in drawn] == ["GET /books/1", "app", "40 times SELECT 1"]
    assert (drawn[-1].start, drawn[-1].extent, drawn[-1].duration) == (100, 40, 40)
    assert hidden == 1


@pytest.mark.parametrize("moment", [0, 1, 499, 500, 999, 1000, 1200])
def test_a_bar_is_visible_and_has_the_width_of_its_axis(moment: int) -> None:
    drawn = bar(moment, 0, 1000)
    assert len(drawn) == BAR
    assert drawn.strip()


def test_the_terminal_shows_steps_and_figures(data: Json, tmp_path: Path) -> None:
    console = Console(width=100, highlight=False)
    with console.capture() as captured:
        Screen(tmp_path, console).operation(data)
    output = captured.get()
    assert "flask: 200 after 1.00 ms" in output
    assert "sql SELECT <b>title</b> FROM books WHERE id = ?" in output
    assert re.search(r"SQL +\(1\) 0\.21\n", output)
    assert "Recording makes a request longer: flask by 25%." in output
    assert "\x1b" not in output


class Elements(HTMLParser):
    """Collects the elements of HTML, and fails if their tags are not balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Push the element on the stack of open ones."""
        if tag != "wbr":
            self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Pop the element that was opened last."""
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_escapes_names_and_statements(data: Json) -> None:
    data["implementations"]["flask"]["spans"][3]["name"] = '<script>alert("x")</script>'
    page = fragment(data, {"flask": "Flask"})
    elements = Elements()
    elements.feed(page)
    assert not elements.open
    tags = {tag for tag, _ in elements.seen}
    assert not tags & {"script", "b", "style"}
    assert "&lt;script&gt;alert(&quot;x&quot;)" in page
    assert "SELECT &lt;b&gt;title" in page
    assert not any(name.startswith("on") for _, attributes in elements.seen for name in attributes)


def test_the_page_has_the_times_of_each_bar_as_text(data: Json) -> None:
    page = fragment(data, {"flask": "Flask"})
    assert page.count("<i></i>") == page.count("style=--depth:")
    assert "<th scope=row><p><small>client" in page
    assert "<td>0.30</td><td>0.20</td>" in page


def test_the_operations_are_those_of_the_contract() -> None:
    assert {"placeOrder", "getLiveness", "getSalesReport"} <= set(operations())
    assert len(operations()) == len(set(operations())) == OPERATIONS
    assert chosen("all") == operations()
    assert chosen("listBooks,placeOrder") == ["listBooks", "placeOrder"]
