"""Record requests of a shop: with the recorder, and without it to measure what it costs."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workbench import ROOT
from workbench.databases import postgres
from workbench.processes import FailedError, Processes, free_port
from workbench.sandboxes import Sandbox
from workbench.shops import DEMO_PASSWORD, DEMO_USERS, Shop, webhook_url
from workbench.stores import open_store
from workbench.trace.collector import Collector, Span, open_collector
from workbench.trace.results import Json, implementation_results

RECORDER = ROOT / "workbench" / "recorder"
SUITE_PYTHON = ROOT / "contract_tests" / ".venv" / "bin" / "python"
CONTRACT = ROOT / "spec" / "openapi.yaml"

LONG_SESSIONS = {"BOOKSTORE_ACCESS_TOKEN_SECONDS": "7200"}
ROUNDS = 2
"""The two servers receive requests in turn, so that load on the machine affects both alike."""
RUNS = 4
"""Requests of each operation in a round. The first one warms up the server and is not kept."""


def operations() -> list[str]:
    """Return the contract's operationIds in its order.

    The pattern matches the indentation of an operation; a link's operationId is indented more.
    """
    return re.findall(r"^ {6}operationId: (\w+)$", CONTRACT.read_text(), re.MULTILINE)


def chosen(wanted: str) -> list[str]:
    """Split a list of operationIds, or return all. Raises FailedError for an unknown one."""
    every = operations()
    names = every if wanted == "all" else wanted.split(",")
    if unknown := [name for name in names if name not in every]:
        raise FailedError(
            f"The contract has no operation {', '.join(unknown)}. `make trace` lists them."
        )
    return names


def record(names: list[str], database: str, wanted: list[str]) -> dict[str, dict[str, Json]]:
    """Record operations in each implementation, one implementation after the other.

    The results are by operation, then by implementation.
    """
    recorded: dict[str, dict[str, Json]] = defaultdict(dict)
    for name in names:
        print(f"Recording {name} …", file=sys.stderr, flush=True)
        with open_pair(name, database) as pair:
            for operation, data in pair.record(wanted).items():
                recorded[operation][name] = data
    return recorded


@dataclass(frozen=True)
class Pair:
    """Two servers of one shop on one database: one with the recorder, one without."""

    recorded: Shop
    plain: Shop
    collector: Collector
    processes: Processes

    def record(self, wanted: list[str]) -> dict[str, Json]:
        """Send requests to both servers; return the results of each operation."""
        recorded: dict[str, list[Json]] = defaultdict(list)
        plain: dict[str, list[Json]] = defaultdict(list)
        for _ in range(ROUNDS):
            for shop, found in ((self.plain, plain), (self.recorded, recorded)):
                for operation, exchanges in self._send(shop, wanted).items():
                    found[operation] += exchanges[1:]
        return {
            operation: implementation_results(
                [(each, self._spans(each)) for each in recorded[operation]],
                plain[operation],
                self.recorded.name,
            )
            for operation in wanted
        }

    def _spans(self, exchange: Json) -> list[Span]:
        request_id = str(exchange["answer"]["headers"]["x-request-id"])
        return self.collector.request(request_id, self.processes)

    def _send(self, shop: Shop, wanted: list[str]) -> dict[str, list[Json]]:
        """Send successful requests of the operations with the suite's command `harness.send`."""
        admin = next(email for email, role in DEMO_USERS.items() if role == "admin")
        command: list[str | Path] = [SUITE_PYTHON, "-m", "harness.send", "--base-url", shop.url]
        command += ["--admin", f"{admin}:{DEMO_PASSWORD}", "--times", str(RUNS)]
        command += ["--op", ",".join(wanted)]
        if shop.sandbox:
            command += ["--webhook-secret", shop.sandbox.webhook_secret]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        self.processes.heed()
        if done.returncode:
            raise FailedError(f"{shop.name}: {done.stderr or done.stdout}")
        sent: dict[str, list[Json]] = defaultdict(list)
        for exchange in map(json.loads, done.stdout.splitlines()):
            sent[exchange["operation"]].append(exchange)
        return sent


@contextmanager
def open_pair(name: str, database: str) -> Iterator[Pair]:
    """Start both servers of an implementation on a new database, and stop them at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookstore-trace-")))
        url = f"sqlite:///{folder / name}.db"
        if database == "postgres":
            url = stack.enter_context(postgres(name))
        collector = stack.enter_context(open_collector())
        processes = stack.enter_context(Processes())
        store, port = open_store(processes, folder), free_port()
        sandbox = Sandbox(name, free_port(), webhook_url(port), folder).open(processes)
        settings = recorder_settings(collector)
        shop = Shop(name, port, url, store, sandbox, folder, settings=settings).open(processes)
        without = {**LONG_SESSIONS, "OTEL_EXPORTER_OTLP_ENDPOINT": ""}
        plain = replace(shop, port=free_port(), folder=folder / "plain", settings=without)
        yield Pair(shop, plain.serve(processes), collector, processes)


def recorder_settings(collector: Collector) -> dict[str, str]:
    """Return the environment variables of a shop that runs with the recorder."""
    return {
        **LONG_SESSIONS,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_BSP_MAX_QUEUE_SIZE": "100000",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(RECORDER), os.environ.get("PYTHONPATH")])),
    }
