"""Requests and responses on a terminal: shortened, aligned, in colour if it supports colour."""

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

REQUEST_HEADERS = ("Authorization", "Idempotency-Key", "If-Match")
RESPONSE_HEADERS = (
    "Location",
    "ETag",
    "Idempotency-Replayed",
    "WWW-Authenticate",
    "Allow",
    "Retry-After",
)

REST = "…"
"""A placeholder for the members that are not shown; its value is their number."""

Json = dict[str, Any]

STATUS_COLOURS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


class Screen:
    """Prints the tour. It uses colour only on a terminal, and not if NO_COLOR is set."""

    def __init__(self, console: Console | None = None) -> None:
        """Print to the standard output, or to a given console."""
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._after_response = False
        """Whether the last thing printed was a response."""

    def headline(self, text: str) -> None:
        """Print an underlined title."""
        self._print(Text(f"\n{text}\n{'═' * len(text)}", style="bold"))

    def step(self, number: int, title: str, explanation: str) -> None:
        """Print the title of a step, and a sentence that explains the step."""
        rule = "─" * max(4, WIDTH - len(title) - 6)
        self._print(Text.assemble("\n", (f"{number:>2}  {title} ", "bold"), (rule, "dim")))
        self._print(Text(f"    {explanation}", style="italic"))

    def exchange(
        self, response: httpx.Response, *, server: str = "", members: tuple[str, ...] = ()
    ) -> None:
        """Print a request and its response.

        `server` names the server if it is not the shop. `members` names the members of the body
        to show if the response is a success; without it, all members are shown.
        """
        request = response.request
        self._print(Text(""))
        self._print(
            Text.assemble(
                "    ",
                (request.method, "bold blue"),
                " ",
                (request.url.raw_path.decode(), "bold cyan"),
                (f"  at the {server}" if server else "", "dim"),
            )
        )
        self._headers(request.headers, REQUEST_HEADERS)
        self._body(request.content)
        self._print(Text(""))
        colour = STATUS_COLOURS.get(response.status_code // 100, "red")
        milliseconds = response.elapsed.total_seconds() * 1000
        self._print(
            Text.assemble(
                "    ",
                (f"{response.status_code} {response.reason_phrase}", f"bold {colour}"),
                (f"  {milliseconds:.0f} ms", "dim"),
            )
        )
        self._headers(response.headers, RESPONSE_HEADERS)
        self._body(response.content, members if response.is_success else ())
        self._after_response = True

    def check(self, text: str) -> None:
        """Print a statement that was checked."""
        if self._after_response:
            self._print(Text(""))
        self._after_response = False
        self._print(Text.assemble("    ", ("✓ ", "bold green"), text))

    def end(self, text: str) -> None:
        """Print the summary of a tour that succeeded."""
        self._print(Text(f"\n{text}", style="bold green"))

    def _headers(self, headers: httpx.Headers, names: tuple[str, ...]) -> None:
        for name in names:
            if name in headers:
                self._print(Text.assemble("    ", (name, "cyan"), ": ", shortened(headers[name])))

    def _body(self, content: bytes, members: tuple[str, ...] = ()) -> None:
        if not content:
            return
        value = json.loads(content)
        if members:
            value = {**{name: value[name] for name in members}, REST: len(value) - len(members)}
        for line in pretty(value).splitlines():
            text = Text(f"    {line}")
            JSONHighlighter().highlight(text)
            self._print(text)

    def _print(self, text: Text) -> None:
        self._console.print(text)


def shortened(text: str) -> str:
    """Cut off the end of each token, and of a text that is longer than LONGEST_STRING."""
    text = re.sub(r"(eyJ|rt_|sk_)[\w.-]{12,}", lambda found: found[0][:10] + "…", text)
    return text if len(text) <= LONGEST_STRING else text[: LONGEST_STRING - 1] + "…"


def pretty(value: Any, indent: int = 0) -> str:
    """Format JSON for reading: a value that fits on one line stays on one line."""
    if not isinstance(value, dict | list):
        return json.dumps(shortened(value) if isinstance(value, str) else value, ensure_ascii=False)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    items = _items(value, 0)
    flat = f"{opening}{', '.join(items)}{closing}"
    if indent + len(flat) <= WIDTH and "\n" not in flat:
        return flat
    inner = "\n" + " " * (indent + 2)
    items = _items(value, indent + 2)
    return f"{opening}{inner}{(',' + inner).join(items)}\n{' ' * indent}{closing}"


def _items(value: Json | list[Any], indent: int) -> list[str]:
    """Format the members of an object, or the first items of an array."""
    if isinstance(value, dict):
        return [
            f"… {item} more" if name is REST else f"{json.dumps(name)}: {pretty(item, indent)}"
            for name, item in value.items()
        ]
    shown = [pretty(item, indent) for item in value[:LONGEST_LIST]]
    if left := len(value[LONGEST_LIST:]):
        shown.append(f"… {left} more")
    return shown
