"""Recorded requests as HTML for the pages of `make compare`: `fragment`, and the `CSS` it needs."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

from workbench.trace.results import Json
from workbench.trace.rows import Row, rows
from workbench.trace.terminal import DATABASES, FIGURES, cost

CSS = (Path(__file__).parent / "page.css").read_text()

KINDS = {
    "client": "client",
    "framework": "framework",
    "middleware": "middleware",
    "routing": "routing",
    "transaction": "transaction",
    "auth": "access",
    "input": "input",
    "handler": "handler",
    "service": "rules",
    "answer": "answer",
    "sql": "SQL",
    "redis": "Redis",
    "provider": "provider",
}
"""The name of each kind on the page."""

LONG = 48
"""A text with more characters than this is folded: only its start is visible."""


def fragment(data: Json, titles: Mapping[str, str]) -> str:
    """Return the section of an operation's page: the figures, and a waterfall per implementation.

    `data` has the form that `results` documents. `titles` maps the implementations to their
    titles, in the order of the page's columns. The bars are only decoration: each line also says
    in words when the step began and how long it took.
    """
    recorded: dict[str, Json] = data["implementations"]
    shops = {title: recorded[name] for name, title in titles.items() if name in recorded}
    axis = max(shop["summary"]["total_us"] for shop in shops.values())
    identity = f"trace-{escape(data['operation'])}"
    names = {title: name for name, title in titles.items()}
    waterfalls = "\n".join(
        _waterfall(f"{identity}-{names[title]}", names[title], title, shop, axis)
        for title, shop in shops.items()
    )
    return f"""<section class="trace" aria-labelledby="{identity}">
<h3 id="{identity}">The steps of the request</h3>
<p>One successful request, recorded on {DATABASES[data["database"]]} \
at {_moment(data["recorded"])}. \
All waterfalls have the same axis, {_ms(axis)} ms. {escape(cost(shops))}</p>
{_figures(shops)}
<div class="trace-columns">
{waterfalls}
</div>
</section>
"""


def _figures(shops: dict[str, Json]) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in shops)
    lines = []
    for title, member, count in FIGURES:
        cells = "".join(_figure(shop["summary"], member, count) for shop in shops.values())
        lines.append(f'<tr><th scope="row">{escape(title)}</th>{cells}</tr>')
    return f"""<table class="trace-figures">
<caption>Milliseconds by part; in parentheses the number of calls</caption>
<thead><tr><td></td>{heads}</tr></thead>
<tbody>{"".join(lines)}</tbody>
</table>"""


def _figure(summary: Json, member: str, count: str | None) -> str:
    often = f" <small>({summary[count]})</small>" if count and summary[count] else ""
    return f"<td>{_ms(summary[member])}{often}</td>"


def _waterfall(heading: str, name: str, title: str, shop: Json, axis: int) -> str:
    drawn, hidden = rows(shop["spans"])
    lines = "\n".join(_line(row, axis) for row in drawn)
    more = f"<p>{hidden} shorter steps are not shown.</p>" if hidden else ""
    answer = f"{shop['answer']['status']} after {_ms(shop['summary']['total_us'])} ms"
    return f"""<article class="{escape(name)}" aria-labelledby="{escape(heading)}">
<h4 id="{escape(heading)}">{escape(title)}: {answer}</h4>
<table class="trace-steps">
<caption>{len(drawn)} steps, in milliseconds</caption>
<thead><tr><th scope="col">step</th><th scope="col">began</th><th scope="col">took</th></tr></thead>
<tbody>
{lines}
</tbody>
</table>
{more}
</article>"""


def _line(row: Row, axis: int) -> str:
    """Return a step as a table row. The style sheet draws its bar from the custom properties.

    The markup is terse because a site has thousands of steps.
    """
    begins, share = row.start / axis, row.extent / axis
    place = f"--depth:{row.depth};--from:{begins:.3f};--share:{share:.3f}"
    took = f"<td>{_ms(row.start)}</td><td>{_ms(row.duration)}</td>"
    head = f"<th scope=row>{_step(row)}<i></i></th>"
    return f"<tr class={escape(row.kind)} style={place}>{head}{took}</tr>"


def _step(row: Row) -> str:
    kind = f"<small>{escape(KINDS.get(row.kind, row.kind))}</small>"
    text = escape(row.text)
    if len(row.text) <= LONG:
        breakable = text.replace(".", ".<wbr>")
        return f"<p>{kind} <code>{breakable}</code></p>"
    beginning = escape(row.text[:LONG])
    return (
        f"<details><summary>{kind} <code>{beginning}…</code></summary><code>{text}</code></details>"
    )


def _moment(text: str) -> str:
    return f'<time datetime="{escape(text)}">{escape(text[:16].replace("T", " "))}</time>'


def _ms(microseconds: int) -> str:
    return f"{microseconds / 1000:.2f}"
