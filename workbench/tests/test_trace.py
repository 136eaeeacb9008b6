"""What is made of recorded spans: the tree, the figures, the lines, and the page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from recorded import SPANS, exchange, recorded, span
from rich.console import Console

from workbench.trace import chosen, operations
from workbench.trace_html import fragment
from workbench.trace_recording import (
    Json,
    Summary,
    own_times,
    shown_request,
    summary,
    timeline,
)
from workbench.trace_rows import rows
from workbench.trace_shown import BAR, Screen, bar
from workbench.trace_spans import Span

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


def test_every_moment_counts_for_the_innermost_span() -> None:
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


def test_what_runs_at_the_same_time_is_taken_off_its_parent_once() -> None:
    spans = timeline(exchange(), [span("one", "", 100, 400), span("other", "", 300, 900)])
    assert own_times(spans) == {"client": 200, "one": 300, "other": 600}


def test_what_comes_after_the_answer_counts_for_nobody() -> None:
    spans = timeline(exchange(), [span("app", "", 100, 1500), span("end", "app", 1100, 1400)])
    assert own_times(spans) == {"client": 100, "app": 900, "end": 0}


def test_the_quickest_run_is_kept_and_the_times_of_all(data: Json) -> None:
    shop = data["implementations"]["flask"]
    assert shop["spans"][0]["duration_us"] == min(shop["runs"]["recorded_us"])
    assert shop["runs"] == {"recorded_us": [2000, 1000], "unrecorded_us": [800]}
    assert shop["environment"]["packages"]["flask"].startswith("3.")


def test_where_the_database_lies_is_not_kept(data: Json) -> None:
    assert "shop.db" not in str(data)


def test_no_token_is_kept() -> None:
    request = shown_request(exchange()["request"])
    assert request["path"] == "/books/1?x=y"
    assert "secret" not in str(request)


def test_equal_neighbours_are_one_line_and_what_is_short_is_none() -> None:
    many = [span(f"s{i}", "app", 100 + i, 101 + i, db__statement="SELECT 1") for i in range(40)]
    named = [
        Span(**{**each.__dict__, "name": "SELECT"})  # alike but for their moments
        for each in many
    ]
    short = [span("short", "app", 200, 203, bookstore__phase="service")]
    app = span("app", "", 100, 900, bookstore__phase="framework")
    drawn, hidden = rows(timeline(exchange(), [app, *named, *short]))
    assert [row.text for row in drawn] == ["GET /books/1", "app", "40 times SELECT 1"]
    assert (drawn[-1].start, drawn[-1].extent, drawn[-1].duration) == (100, 40, 40)
    assert hidden == 1


@pytest.mark.parametrize("moment", [0, 1, 499, 500, 999, 1000, 1200])
def test_a_bar_is_seen_wherever_it_is_and_never_longer_than_its_axis(moment: int) -> None:
    drawn = bar(moment, 0, 1000)
    assert len(drawn) == BAR
    assert drawn.strip()


def test_the_terminal_shows_the_steps_and_their_figures(data: Json, tmp_path: Path) -> None:
    console = Console(width=100, highlight=False)
    with console.capture() as captured:
        Screen(tmp_path, console).operation(data)
    told = captured.get()
    assert "flask: 200 after 1.00 ms" in told
    assert "sql SELECT <b>title</b> FROM books WHERE id = ?" in told
    assert re.search(r"SQL +\(1\) 0\.21\n", told)
    assert "Recording makes a request longer: flask by 25%." in told
    assert "\x1b" not in told


class Elements(HTMLParser):
    """Checks that what is opened is closed, and keeps what there is."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more that is open."""
        if tag != "wbr":
            self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The last that was opened ends first."""
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_takes_nothing_for_markup(data: Json) -> None:
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


def test_the_page_says_in_words_what_its_bars_show(data: Json) -> None:
    page = fragment(data, {"flask": "Flask"})
    assert page.count("<i></i>") == page.count("style=--depth:")
    assert "<th scope=row><p><small>client" in page
    assert "<td>0.30</td><td>0.20</td>" in page


def test_operations_are_those_of_the_contract() -> None:
    assert {"placeOrder", "getLiveness", "getSalesReport"} <= set(operations())
    assert len(operations()) == len(set(operations())) == OPERATIONS
    assert chosen("all") == operations()
    assert chosen("listBooks,placeOrder") == ["listBooks", "placeOrder"]
