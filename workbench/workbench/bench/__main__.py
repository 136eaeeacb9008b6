"""Measure what a request costs: processor time on PostgreSQL, with one worker.

Each implementation is held against its framework's floor, or against another version of itself.
"""

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.bench import report
from workbench.bench.measuring import Extent, Measured, measure
from workbench.bench.operations import FURTHER, OPERATIONS
from workbench.bench.servers import Servers
from workbench.bench.versions import checkout, resolved
from workbench.processes import FailedError, InterruptedRunError
from workbench.shops import implementations

QUICK = Extent(12, 20, 2_000, OPERATIONS, seconds=90)
FULL = Extent(30, 40, 10_000, (*OPERATIONS, *FURTHER), seconds=math.inf)


def main() -> int:
    """Measure, and return the exit status: 0 when everything was measured."""
    chosen = arguments()
    names = implementations() if chosen.impl == "all" else [chosen.impl]
    default = FULL if chosen.full else QUICK
    extent = default._replace(
        rounds=chosen.rounds or default.rounds,
        seconds=math.inf if chosen.rounds else default.seconds,
        requests=chosen.requests or default.requests,
        books=default.books if chosen.books is None else chosen.books,
    )
    try:
        if chosen.against:
            measured = compare_versions(names, extent, chosen.against)
            print("\n".join(report.versions(measured, names, extent, chosen.against)))
        else:
            measured = compare_with_floors(names, extent)
            print("\n".join(report.floors(measured, names, extent)))
        if chosen.json:
            figures = document(measured, extent, chosen.against)
            chosen.json.write_text(json.dumps(figures, indent=1) + "\n")
    except (InterruptedRunError, KeyboardInterrupt):
        print("\nStopped.")
        return 130
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="workbench.bench", description=__doc__)
    parser.add_argument("--impl", choices=[*implementations(), "all"], default="all")
    parser.add_argument(
        "--against", metavar="COMMIT", help="compare with this version instead of the floor"
    )
    parser.add_argument("--full", action="store_true", help="more of everything; takes longer")
    for name, meaning in (
        ("rounds", "pairs of request blocks for each operation"),
        ("requests", "requests in a block; fewer of an operation that takes long"),
        ("books", "synthetic books in the catalogue"),
    ):
        quick, full = getattr(QUICK, name), getattr(FULL, name)
        parser.add_argument(
            f"--{name}", type=int, help=f"{meaning}: {quick:,}, with --full {full:,}"
        )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to this file")
    return parser.parse_args()


def compare_with_floors(names: Sequence[str], extent: Extent) -> Measured:
    """Measure each implementation and its floor."""
    with Servers.open(names, 1, books=extent.books, with_payments=_pays(extent)) as servers:
        pairs = servers.pairs(servers.product_and_floor)
        return measure(pairs, extent, with_floors=True, heed=servers.processes.heed)


def compare_versions(names: Sequence[str], extent: Extent, commit: str) -> Measured:
    """Measure each implementation in this version and in that of a commit."""
    with (
        checkout(commit, names) as other,
        Servers.open(names, 2, books=extent.books, with_payments=_pays(extent)) as servers,
    ):
        pairs = servers.pairs(lambda name: servers.two_versions(name, other))
        return measure(pairs, extent, with_floors=False, heed=servers.processes.heed)


def _pays(extent: Extent) -> bool:
    """Whether an operation needs a payment provider."""
    return any(operation.pays for operation in extent.operations)


def document(measured: Measured, extent: Extent, against: str | None) -> dict[str, Any]:
    """Return every sample, for another program: costs in milliseconds, memory in bytes."""
    return {
        "compared": ["product", "floor"] if not against else ["working tree", resolved(against)],
        "commit": _commit(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "synthetic_books": extent.books,
        "rounds": measured.rounds,
        "requests": extent.requests,
        "samples": [
            {"implementation": name, "operation": operation, **_samples(measured, name, operation)}
            for name, operation in measured.samples
        ],
        "memory_at_rest": measured.at_rest,
        "memory_afterwards": measured.afterwards,
    }


def _commit() -> str | None:
    """Return the commit that is checked out, or None outside of a Git repository."""
    try:
        return resolved("HEAD")
    except FailedError:
        return None


def _samples(measured: Measured, name: str, operation: str) -> dict[str, Any]:
    samples = measured.samples[name, operation]
    return {
        "first": [cost._asdict() for cost in samples.first],
        "second": [cost._asdict() for cost in samples.second],
    }


if __name__ == "__main__":
    sys.exit(main())
