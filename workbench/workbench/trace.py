"""`make trace`: what happens to a request, from the socket to the database and back, recorded."""

import argparse
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
from workbench.databases import KINDS, postgres
from workbench.processes import FailedError, InterruptedRunError, Processes, free_port
from workbench.sandboxes import Sandbox
from workbench.shops import DEMO_PASSWORD, DEMO_USERS, Shop, implementations, webhook_url
from workbench.stores import open_store
from workbench.trace_recording import RESULTS, Json, document, recording
from workbench.trace_shown import Screen
from workbench.trace_spans import Collector, Span, open_collector

RECORDER = ROOT / "workbench" / "recorder"
SUITE_PYTHON = ROOT / "contract_tests" / ".venv" / "bin" / "python"
CONTRACT = ROOT / "spec" / "openapi.yaml"

LONG_SESSIONS = {"BOOKSTORE_ACCESS_TOKEN_SECONDS": "7200"}
ROUNDS = 2
"""The shop with the recorder and the one without take turns, for the weather changes."""
RUNS = 4
"""Requests of each operation in a turn; the first warms up."""
DRAWN = 3
"""From more operations than that only the figures are printed."""


def main() -> int:
    """Return the exit status: 0 when everything was recorded."""
    choice = arguments()
    if not choice.op:
        print("Which operation? make trace OP=placeOrder, several with commas, or OP=all:\n")
        print("\n".join(f"  {name}" for name in operations()))
        return 0
    names = implementations() if choice.impl == "all" else [choice.impl]
    try:
        wanted = chosen(choice.op)
        recorded = record(names, choice.database, wanted)
    except InterruptedRunError:
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    choice.results.mkdir(parents=True, exist_ok=True)
    documents = [document(each, choice.database, recorded[each]) for each in wanted]
    for data in documents:
        text = json.dumps(data, indent=1, ensure_ascii=False)
        (choice.results / f"{data['operation']}.json").write_text(f"{text}\n")
    screen = Screen(choice.results)
    if len(documents) > DRAWN:
        screen.overview(documents)
    else:
        for data in documents:
            screen.operation(data)
    return 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="workbench.trace", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--op", default="", help="operationIds with commas between, or all")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the files go")
    return parser.parse_args()


def operations() -> list[str]:
    """The contract's operationIds, in its order; those that stand deeper are of links."""
    return re.findall(r"^ {6}operationId: (\w+)$", CONTRACT.read_text(), re.MULTILINE)


def chosen(wanted: str) -> list[str]:
    """The operations that were asked for. Raises FailedError for one that there is not."""
    every = operations()
    names = every if wanted == "all" else wanted.split(",")
    if unknown := [name for name in names if name not in every]:
        raise FailedError(f"No operation of the contract: {', '.join(unknown)}. See `make trace`.")
    return names


def record(names: list[str], database: str, wanted: list[str]) -> dict[str, dict[str, Json]]:
    """What each implementation did, by operation; the shops are open one after the other."""
    recorded: dict[str, dict[str, Json]] = defaultdict(dict)
    for name in names:
        print(f"Recording {name} …", file=sys.stderr, flush=True)
        with open_pair(name, database) as pair:
            for operation, data in pair.record(wanted).items():
                recorded[operation][name] = data
    return recorded


@dataclass(frozen=True)
class Pair:
    """A shop with the recorder, and the same without: two servers on one database."""

    recorded: Shop
    plain: Shop
    collector: Collector
    processes: Processes

    def record(self, wanted: list[str]) -> dict[str, Json]:
        """What the shop does, by operation."""
        recorded: dict[str, list[Json]] = defaultdict(list)
        plain: dict[str, list[Json]] = defaultdict(list)
        for _ in range(ROUNDS):
            for shop, found in ((self.plain, plain), (self.recorded, recorded)):
                for operation, exchanges in self._send(shop, wanted).items():
                    found[operation] += exchanges[1:]
        return {
            operation: recording(
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
        """Good requests of these operations and their answers, by the suite's own command."""
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
    """An implementation's two shops, on data of their own, until the block is left."""
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="bookstore-trace-")))
        url = f"sqlite:///{folder / name}.db"
        if database == "postgres":
            url = ending.enter_context(postgres(name))
        collector = ending.enter_context(open_collector())
        processes = ending.enter_context(Processes())
        store, port = open_store(processes, folder), free_port()
        sandbox = Sandbox(name, free_port(), webhook_url(port), folder).open(processes)
        settings = recorder(collector)
        shop = Shop(name, port, url, store, sandbox, folder, settings=settings).open(processes)
        silent = {**LONG_SESSIONS, "OTEL_EXPORTER_OTLP_ENDPOINT": ""}
        plain = replace(shop, port=free_port(), folder=folder / "plain", settings=silent)
        yield Pair(shop, plain.serve(processes), collector, processes)


def recorder(collector: Collector) -> dict[str, str]:
    """The settings of a shop that is recorded."""
    return {
        **LONG_SESSIONS,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_BSP_MAX_QUEUE_SIZE": "100000",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(RECORDER), os.environ.get("PYTHONPATH")])),
    }


if __name__ == "__main__":
    sys.exit(main())
