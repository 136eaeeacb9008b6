"""The report of a difference: the requests as curl, and the two responses."""

import difflib
import json

from harness.lockstep.side import Exchange
from harness.lockstep.steps import NOBODY

SHOWN = 2000


def diff(one: Exchange, other: Exchange) -> str:
    """Return a diff of the two normalised responses."""
    texts = [
        json.dumps(each.told, indent=1, ensure_ascii=False, sort_keys=True).splitlines()
        for each in (one, other)
    ]
    names = [each.side.name for each in (one, other)]
    lines = difflib.unified_diff(texts[0], texts[1], names[0], names[1], lineterm="", n=4)
    return "\n".join(lines)


def script(past: list[list[Exchange]], scenery: int) -> str:
    """Return the requests before a difference, as curl for each target."""
    sides = [exchange.side for exchange in past[-1]]
    names = " and ".join(side.name for side in sides)
    lines = [f"{names} differ after {len(past)} requests."]
    if scenery:
        lines.append(f"The first {scenery} are the setup.")
    people = sorted({exchanges[0].step.who for exchanges in past} - {NOBODY, "last"})
    if people:
        lines.append(f"{', '.join('$' + name.upper() for name in people)}: their access tokens.")
    for number, exchanges in enumerate(past, 1):
        statuses = dict.fromkeys(exchange.told["status"] for exchange in exchanges)
        told = " and ".join(map(str, statuses))
        lines += ["", f"{number}. {exchanges[0].step!r} → {told}"]
        lines += [f"   {each.side.name}: {curl(each)}" for each in exchanges]
    return "\n".join(lines)


def curl(exchange: Exchange) -> str:
    """Format a request as a curl command."""
    request, words = exchange.request, ["curl", "-i"]
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != "GET":
        words += ["-X", request.method]
    words.append(_quoted(str(request.url)))
    for name, value in request.headers.items():
        if name.lower() in {"host", "content-length", "connection"} or (name, value) == (
            "Accept",
            "*/*",
        ):
            continue
        shown = value
        for who, token in exchange.side.memory.tokens.items():
            shown = shown.replace(token, f"${who.upper()}")
        quote = '"' if shown != value else "'"
        words += [
            "-H",
            f"{quote}{name}: {shown}{quote}" if quote == '"' else _quoted(f"{name}: {shown}"),
        ]
    if request.content:
        words += [
            "--data-binary",
            _quoted(request.content[:SHOWN].decode(errors="backslashreplace")),
        ]
    return " ".join(words)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
