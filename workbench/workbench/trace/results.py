"""The results of a recording: `contract_tests/results/trace/<operationId>.json`.

    {"operation": "placeOrder",
     "recorded": "2026-03-01T09:30:00Z",
     "database": "sqlite",
     "machine": {"system": …, "processor": …, "cores": 2},
     "implementations": {
       "flask": {
         "environment": {"python": "3.11.9", "packages": {"flask": "3.1.3", …}},
         "request": {"method": …, "path": …, "headers": {…}, "body": …},
         "answer": {"status": 201, "headers": {…}, "body": …},
         "runs": {"recorded_us": […], "unrecorded_us": […]},
         "summary": {…},                the members of `Summary`
         "spans": [
           {"id": "client", "parent": null, "name": "POST /orders", "kind": "client",
            "start_us": 0, "duration_us": 9120, "attributes": {}}, …]}}}

The file has the fastest of the recorded runs, because other programs disturbed it least. Its spans
are in the order of their starts, each parent before its children. Times are in microseconds since
the client sent the request. Kinds: client; framework, middleware, routing, transaction; auth,
input, handler, service, answer; sql, redis, provider. `runs` has the client's time of each run,
with and without the recorder: the difference is the cost of recording.
"""

import os
import platform
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from typing import Any
from urllib.parse import urlsplit

from workbench import ROOT
from workbench.trace.collector import PHASE, SERVER_SCOPES, Span

Json = dict[str, Any]

RESULTS = ROOT / "contract_tests" / "results" / "trace"

GROUPS = {
    "client": ("client",),
    "framework": ("framework", "middleware", "routing", "transaction"),
    "shop": ("auth", "input", "handler", "service", "answer"),
    "sql": ("sql",),
    "redis": ("redis",),
    "provider": ("provider",),
}
"""The kinds of spans that each figure of the summary adds up."""

LEFT_OUT = {PHASE, "db.name", "db.namespace"}
"""Attributes that the results omit: the kind repeats the phase, the database was temporary."""

NO_STATEMENTS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "PRAGMA")
"""Statements that a query budget does not count (spec/runtime.md)."""


@dataclass(frozen=True)
class Summary:
    """The microseconds of a request by part. Each moment counts for the innermost span only."""

    total_us: int
    client_us: int
    """Time in the client, on the network, and in the HTTP server."""
    framework_us: int
    shop_us: int
    sql_us: int
    redis_us: int
    provider_us: int
    statements: int
    """The number of SQL statements."""
    commands: int
    """The number of Redis commands."""
    calls: int
    """The number of requests to the payment provider."""


def implementation_results(
    exchanges: list[tuple[Json, list[Span]]], unrecorded: list[Json], name: str
) -> Json:
    """Return the results of one implementation, from its recorded and its unrecorded runs."""
    exchange, spans = min(exchanges, key=lambda each: float(each[0]["seconds"]))
    rows = timeline(exchange, spans)
    return {
        "environment": environment(name),
        "request": shown_request(exchange["request"]),
        "answer": exchange["answer"],
        "runs": {
            "recorded_us": [microseconds(each) for each, _ in exchanges],
            "unrecorded_us": [microseconds(each) for each in unrecorded],
        },
        "summary": asdict(summary(rows)),
        "spans": rows,
    }


def operation_results(operation: str, database: str, implementations: Mapping[str, Json]) -> Json:
    """Return the content of an operation's file."""
    return {
        "operation": operation,
        "recorded": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "database": database,
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
        },
        "implementations": dict(implementations),
    }


def timeline(exchange: Json, spans: list[Span]) -> list[Json]:
    """Return the client's span, then the server's spans below it, parents before children."""
    sent, request = exchange["sent_ns"], exchange["request"]
    whole: Json = {
        "id": "client",
        "parent": None,
        "name": f"{request['method']} {urlsplit(request['url']).path}",
        "kind": "client",
        "start_us": 0,
        "duration_us": microseconds(exchange),
        "attributes": {},
    }
    # Skip OpenTelemetry's server span: the recorder's span around it measures the same.
    inner = {span.id: span.parent for span in spans if span.scope in SERVER_SCOPES}
    by_parent: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.start):
        if span.id not in inner:
            by_parent[inner.get(span.parent, span.parent)].append(span)
    return [whole, *_below("", "client", by_parent, sent)]


def _below(id_: str, parent: str, by_parent: Mapping[str, list[Span]], sent: int) -> Iterator[Json]:
    for span in by_parent.get(id_, []):
        yield {
            "id": span.id,
            "parent": parent,
            "name": span.name.split()[0] if span.kind == "sql" else span.name,
            "kind": span.kind,
            "start_us": (span.start - sent) // 1000,
            "duration_us": (span.end - span.start) // 1000,
            "attributes": {n: v for n, v in span.attributes.items() if n not in LEFT_OUT},
        }
        yield from _below(span.id, span.id, by_parent, sent)


def summary(spans: list[Json]) -> Summary:
    """Add up the figures of one request."""
    own = own_times(spans)
    spent = {
        f"{group}_us": sum(own[span["id"]] for span in spans if span["kind"] in kinds)
        for group, kinds in GROUPS.items()
    }
    return Summary(
        total_us=spans[0]["duration_us"],
        **spent,
        statements=sum(is_statement(span) for span in spans),
        commands=sum(span["kind"] == "redis" for span in spans),
        calls=sum(span["kind"] == "provider" for span in spans),
    )


def own_times(spans: list[Json]) -> dict[str, int]:
    """Return the time of each span without the time of its children.

    Work of the server after the client received the response does not count.
    """
    received = spans[0]["duration_us"]
    spans = [{**span, "duration_us": _until(received, span)} for span in spans]
    children: dict[str, list[Json]] = defaultdict(list)
    for span in spans:
        children[span["parent"]].append(span)
    return {
        span["id"]: span["duration_us"] - _covered(span, children[span["id"]]) for span in spans
    }


def _until(moment: int, span: Json) -> int:
    """Return the part of a span before a moment, in microseconds."""
    return max(0, min(int(span["duration_us"]), moment - int(span["start_us"])))


def _covered(span: Json, children: list[Json]) -> int:
    """Return the time of a span in which at least one child ran, in microseconds."""
    covered, reached = 0, span["start_us"]
    end = span["start_us"] + span["duration_us"]
    for child in sorted(children, key=lambda child: int(child["start_us"])):
        begins = max(child["start_us"], reached)
        ends = min(child["start_us"] + child["duration_us"], end)
        if ends > begins:
            covered, reached = covered + ends - begins, ends
    return covered


def is_statement(span: Json) -> bool:
    """Return whether a span is an SQL statement that a query budget counts (spec/runtime.md)."""
    text = span["attributes"].get("db.statement", "").lstrip()
    return span["kind"] == "sql" and bool(text) and not text.upper().startswith(NO_STATEMENTS)


def overhead(runs: Json) -> float:
    """Return how much longer the fastest run takes with the recorder: 0.2 means 20 %."""
    ratio: float = min(runs["recorded_us"]) / min(runs["unrecorded_us"])
    return ratio - 1


def microseconds(exchange: Json) -> int:
    """Return how long the client waited for the response."""
    return round(float(exchange["seconds"]) * 1e6)


def shown_request(request: Json) -> Json:
    """Return the request without the host, and with a shortened token."""
    url, headers = urlsplit(request["url"]), dict(request["headers"])
    if token := headers.get("authorization"):
        headers["authorization"] = token[:17] + "…"
    path = url._replace(scheme="", netloc="").geturl()
    return {"method": request["method"], "path": path, "headers": headers, "body": request["body"]}


def environment(name: str) -> Json:
    """Return the versions of Python and of the packages in an implementation's requirements.in."""
    home = ROOT / f"impl_{name}"
    required = set(re.findall(r"^[a-z0-9-]+", (home / "requirements.in").read_text(), re.MULTILINE))
    lines = (home / ".venv" / "pyvenv.cfg").read_text().splitlines()
    settings = dict(line.split(" = ", 1) for line in lines if " = " in line)
    site = next((home / ".venv" / "lib").glob("python3*/site-packages"))
    found = {each.name.lower(): each.version for each in distributions(path=[str(site)])}
    found = {package: found[package] for package in required & found.keys()}
    return {
        "python": settings.get("version_info", settings.get("version")),
        "packages": dict(sorted(found.items())),
    }
