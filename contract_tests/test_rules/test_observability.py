"""What a server tells those who look after it: spec/runtime.md, Metrics and traces."""

import json
import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from harness.branch import Branch, open_branch
from harness.client import succeeded
from harness.collector import Collector, Span, open_collector
from harness.contract import Json, operations
from harness.processes import eventually, free_port
from harness.target import Ground
from harness.villain import Villain

pytestmark = pytest.mark.slow

LABEL = re.compile(r'(\w+)="([^"]*)"')
STATUS = "http_response_status_code"
DURATION = "http_server_request_duration_seconds"
BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, math.inf]
BOOK = "/books/{book_id}"
OTHERS = {operation.path for operation in operations()} - {BOOK}
"""Not looked at: a request is counted when its answer has left, the preparation's perhaps late."""
GONE_ON_WITH = "0af7651916cd43dd8448eb211c80319c"
SECONDS = 15
"""Spans are sent every few seconds."""
AFTER_ALL_SPANS = 1
"""Seconds: several times as long as this branch waits before it sends spans."""
BOOKS_AUTHORS_CATEGORIES = 3
"""Statements: an export needs at least these."""


@dataclass(frozen=True)
class Watched:
    """A shop that is watched, by these."""

    branch: Branch
    metrics_url: str
    collector: Collector
    provider: Villain

    def counted(self) -> dict[tuple[str, str, str], float]:
        """How many requests there were, by method, route and status."""
        told = httpx.get(self.metrics_url, trust_env=False).text
        lines = re.findall(DURATION + r"_count\{(.*)\} (.*)", told)
        return {
            (labels["http_request_method"], labels["http_route"], labels[STATUS]): float(value)
            for labels, value in ((dict(LABEL.findall(line)), value) for line, value in lines)
        }

    def logged(self, request_id: str) -> Json:
        """A request's log line."""
        lines = self.branch.server.log.read_text().splitlines()
        return next(json.loads(line) for line in lines if f'"{request_id}"' in line)

    def trace(self, request_id: str) -> tuple[Span, list[Span]]:
        """A request's own span, and those below it, when they have come."""
        assert eventually(lambda: bool(self._own(request_id)), seconds=SECONDS)
        (root,) = self._own(request_id)
        return root, [each for each in self.collector.about(root.trace_id) if each != root]

    def selects(self, request_id: str) -> int:
        """How many SELECT statements of a request have been told of by now."""
        _, below = self.trace(request_id)
        asked = [span.attributes.get("db.statement", "") for span in below]
        return sum(statement.startswith("SELECT") for statement in asked)

    def _own(self, request_id: str) -> list[Span]:
        return [
            span
            for span in self.collector.spans
            if span.attributes.get("bookstore.request_id") == request_id
        ]


@pytest.fixture(scope="module")
def watched(ground: Ground) -> Iterator[Watched]:
    port, provider = free_port(), Villain()
    with (
        open_collector() as collector,
        open_branch(
            ground,
            "observed",
            workers=2,
            pays=False,
            METRICS_PORT=str(port),
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_BSP_SCHEDULE_DELAY="200",
            PAYMENT_URL=provider.url,
            PAYMENT_TIMEOUT_SECONDS="1",
        ) as branch,
    ):
        yield Watched(branch, f"http://127.0.0.1:{port}/metrics", collector, provider)
    provider.close()


def test_every_request_is_counted_whoever_served_it(watched: Watched) -> None:
    path = f"/books/{watched.branch.sales.book()['id']}"
    before = watched.counted()
    for _ in range(20):  # either worker has some of them
        watched.branch.anyone.get(path)
    watched.branch.anyone.get("/nowhere")
    watched.branch.anyone.request("TRACE", "/nowhere")
    wanted = {
        ("GET", BOOK, "200"): 20,
        ("GET", "", "404"): 1,
        ("_OTHER", "", "404"): 1,
    }

    def more() -> dict[tuple[str, str, str], float]:
        after = watched.counted()
        added = {key: after[key] - before.get(key, 0) for key in after if key[1] not in OTHERS}
        return {key: added[key] for key in added if added[key]}

    assert eventually(lambda: more() == wanted), more()


def test_the_buckets_are_those_of_the_conventions(watched: Watched) -> None:
    watched.branch.anyone.get(f"/books/{watched.branch.sales.book()['id']}")
    assert eventually(lambda: BOOK in {route for _, route, _ in watched.counted()})
    told = httpx.get(watched.metrics_url, trust_env=False)
    assert told.headers["Content-Type"].startswith("text/plain; version=")
    buckets = [dict(LABEL.findall(line)) for line in told.text.splitlines() if "_bucket" in line]
    found = [float(labels["le"]) for labels in buckets if labels["http_route"] == BOOK]
    assert found == BUCKETS


def test_a_taken_port_stops_it(watched: Watched, ground: Ground) -> None:
    port = watched.metrics_url.split(":")[2].partition("/")[0]
    server = ground.prepare("unwatched", METRICS_PORT=port)
    done = ground.implementation.run(
        "serve", "--port", str(server.port), environment=server.environment
    )
    assert done.returncode != 0
    assert done.stderr.startswith("bookstore: ")
    assert port in done.stderr


def test_a_request_is_a_trace_and_its_log_line_names_it(watched: Watched) -> None:
    email = watched.branch.customer().email
    body = {"email": email, "password": "a wrong one, to be sure"}
    answer = watched.branch.anyone.post("/auth/login", body)
    request_id = answer.headers["X-Request-Id"]
    root, below = watched.trace(request_id)
    assert root.service == f"bookstore-{watched.branch.server.implementation.name}"
    assert watched.logged(request_id)["trace_id"] == root.trace_id
    statements = [span.attributes.get("db.statement", "") for span in below]
    assert any("FROM" in statement and "users" in statement for statement in statements)
    assert any(statement.startswith(("GET", "INCR", "EVAL", "TTL")) for statement in statements)
    told = json.dumps([span.attributes for span in (root, *below)])
    assert email not in told
    assert body["password"] not in told


def test_an_export_asks_the_database_as_often_for_many_books_as_for_few(watched: Watched) -> None:
    """N+1: the `Server-Timing` of a streamed answer leaves before its rows are read."""
    branch, request_ids = watched.branch, list[str]()
    for more in (1, 40):
        branch.sales.books(more)
        answer = succeeded(branch.admin.get("/books/export"), 200)
        assert answer.text.count("\n") > more
        request_ids.append(answer.headers["X-Request-Id"])

    def is_as_often() -> bool:
        few, many = (watched.selects(each) for each in request_ids)
        return few == many >= BOOKS_AUTHORS_CATEGORIES

    assert eventually(is_as_often, seconds=SECONDS), [watched.selects(e) for e in request_ids]
    time.sleep(AFTER_ALL_SPANS)
    assert is_as_often(), "more statements came later"


def test_a_trace_that_has_begun_elsewhere_is_gone_on_with(watched: Watched) -> None:
    context = f"00-{GONE_ON_WITH}-b7ad6b7169203331-01"
    answer = watched.branch.anyone.get("/books", headers={"traceparent": context})
    root, _ = watched.trace(answer.headers["X-Request-Id"])
    assert (root.trace_id, root.parent_id) == (GONE_ON_WITH, "b7ad6b7169203331")


def test_the_provider_is_told_of_the_trace(watched: Watched) -> None:
    order = watched.branch.sales.order(watched.branch.buyer)
    watched.provider.says("402 Payment Required", b'{"code":"card_declined"}')
    answer = watched.branch.sales.pay(watched.branch.buyer, order)
    assert succeeded(answer, 201).json()["status"] == "failed"
    root, below = watched.trace(answer.headers["X-Request-Id"])
    asked = re.search(rb"traceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})", watched.provider.asked[0])
    assert asked
    assert asked[1].decode() == root.trace_id
    assert asked[2].decode() in {span.span_id for span in below}


def test_a_collector_that_is_away_costs_nothing_but_spans(ground: Ground) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with open_branch(ground, "unseen", pays=False, OTEL_EXPORTER_OTLP_ENDPOINT=nobody) as branch:
        succeeded(branch.anyone.get("/books"), 200)
        assert branch.server.process
        branch.server.process.terminate()
        assert branch.server.process.wait(20) == 0
