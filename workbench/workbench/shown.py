"""Requests and answers on a terminal: short, aligned, in colour where there is any."""

import json
import re
from typing import Any

import httpx
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.text import Text

WIDTH = 96
LONGEST_STRING = 60
LONGEST_LIST = 2

SENT_HEADERS = ("Authorization", "Idempotency-Key", "If-Match")
SHOWN_HEADERS = (
    "Location",
    "ETag",
    "Idempotency-Replayed",
    "WWW-Authenticate",
    "Allow",
    "Retry-After",
)

REST = "…"
"""Stands for the members that are not shown; its value is their number."""

Json = dict[str, Any]

STATUS_COLOURS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


class Screen:
    """Where a tour is shown. Colour only on a terminal, and not when NO_COLOR is set."""

    def __init__(self, console: Console | None = None) -> None:
        """Begin with the standard output."""
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._answered = False
        """Whether an answer was the last thing shown."""

    def headline(self, text: str) -> None:
        """What follows, in a line of its own."""
        self._say(Text(f"\n{text}\n{'═' * len(text)}", style="bold"))

    def step(self, number: int, title: str, lesson: str) -> None:
        """One step, and what it shows."""
        rule = "─" * max(4, WIDTH - len(title) - 6)
        self._say(Text.assemble("\n", (f"{number:>2}  {title} ", "bold"), (rule, "dim")))
        self._say(Text(f"    {lesson}", style="italic"))

    def exchange(
        self, answer: httpx.Response, *, asked: str = "", of: tuple[str, ...] = ()
    ) -> None:
        """A request and its answer.

        `asked` names who was, where it is not the shop; `of` names the members that are shown of a
        good answer, where these are not all.
        """
        request = answer.request
        self._say(Text(""))
        self._say(
            Text.assemble(
                "    ",
                (request.method, "bold blue"),
                " ",
                (request.url.raw_path.decode(), "bold cyan"),
                (f"  at the {asked}" if asked else "", "dim"),
            )
        )
        self._headers(request.headers, SENT_HEADERS)
        self._body(request.content)
        self._say(Text(""))
        colour = STATUS_COLOURS.get(answer.status_code // 100, "red")
        milliseconds = answer.elapsed.total_seconds() * 1000
        self._say(
            Text.assemble(
                "    ",
                (f"{answer.status_code} {answer.reason_phrase}", f"bold {colour}"),
                (f"  {milliseconds:.0f} ms", "dim"),
            )
        )
        self._headers(answer.headers, SHOWN_HEADERS)
        self._body(answer.content, of if answer.is_success else ())
        self._answered = True

    def remark(self, text: str) -> None:
        """What was checked."""
        if self._answered:
            self._say(Text(""))
        self._answered = False
        self._say(Text.assemble("    ", ("✓ ", "bold green"), text))

    def end(self, text: str) -> None:
        """That all went well."""
        self._say(Text(f"\n{text}", style="bold green"))

    def _headers(self, headers: httpx.Headers, names: tuple[str, ...]) -> None:
        for name in names:
            if name in headers:
                self._say(Text.assemble("    ", (name, "cyan"), ": ", shortened(headers[name])))

    def _body(self, content: bytes, of: tuple[str, ...] = ()) -> None:
        if not content:
            return
        value = json.loads(content)
        if of:
            value = {**{name: value[name] for name in of}, REST: len(value) - len(of)}
        for line in pretty(value).splitlines():
            text = Text(f"    {line}")
            JSONHighlighter().highlight(text)
            self._say(text)

    def _say(self, text: Text) -> None:
        self._console.print(text)


def shortened(text: str) -> str:
    """The text without the rest of a token, or of a long story."""
    text = re.sub(r"(eyJ|rt_|sk_)[\w.-]{12,}", lambda found: found[0][:10] + "…", text)
    return text if len(text) <= LONGEST_STRING else text[: LONGEST_STRING - 1] + "…"


def pretty(value: Any, indent: int = 0) -> str:
    """JSON as a person would write it: what fits into a line stands on one."""
    if not isinstance(value, dict | list):
        return json.dumps(shortened(value) if isinstance(value, str) else value, ensure_ascii=False)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    items = pieces(value, 0)
    flat = f"{opening}{', '.join(items)}{closing}"
    if indent + len(flat) <= WIDTH and "\n" not in flat:
        return flat
    inner = "\n" + " " * (indent + 2)
    items = pieces(value, indent + 2)
    return f"{opening}{inner}{(',' + inner).join(items)}\n{' ' * indent}{closing}"


def pieces(value: Json | list[Any], indent: int) -> list[str]:
    """The members of an object, or the first items of an array."""
    if isinstance(value, dict):
        return [
            f"… {item} more" if name is REST else f"{json.dumps(name)}: {pretty(item, indent)}"
            for name, item in value.items()
        ]
    shown = [pretty(item, indent) for item in value[:LONGEST_LIST]]
    if left := len(value[LONGEST_LIST:]):
        shown.append(f"… {left} more")
    return shown
