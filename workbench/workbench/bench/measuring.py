"""The measurement: rounds of request blocks, in which the two servers of a pair alternate."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import NamedTuple

from workbench.bench.customers import Site
from workbench.bench.operations import Operation, nothing
from workbench.bench.processor_time import Cost, Meter


class Extent(NamedTuple):
    """How much is measured."""

    rounds: int
    requests: int
    """In a block, of an operation with the weight 1."""
    books: int
    """Synthetic books, beside the catalogue."""
    operations: Sequence[Operation]
    seconds: float
    """How long rounds may begin: on a busy machine there are fewer of them."""


@dataclass(frozen=True)
class Contender:
    """A server that is compared with another one."""

    site: Site
    meter: Meter


@dataclass(frozen=True)
class Pair:
    """Two servers of one implementation: the product and its floor, or two versions."""

    implementation: str
    first: Contender
    second: Contender


@dataclass
class Samples:
    """The costs of one operation, a pair of them for each round."""

    first: list[Cost] = field(default_factory=list)
    second: list[Cost] = field(default_factory=list)
    """Empty where the floor does not have the operation."""


@dataclass
class Measured:
    """All samples by implementation and operation, and the memory of the servers in bytes."""

    rounds: int = 0
    samples: dict[tuple[str, str], Samples] = field(default_factory=lambda: defaultdict(Samples))
    at_rest: dict[str, tuple[int, int]] = field(default_factory=dict)
    afterwards: dict[str, tuple[int, int]] = field(default_factory=dict)


def measure(
    pairs: Sequence[Pair], extent: Extent, *, with_floors: bool, heed: Callable[[], None]
) -> Measured:
    """Measure every operation in every round; `heed` raises once the run is to stop.

    The two servers of a pair answer alternating blocks of requests, and change places after each
    round, so that the noise of the machine affects both alike.
    """
    measured = Measured(at_rest=_memory(pairs))
    deadline = time.monotonic() + extent.seconds
    for number in range(extent.rounds + 1):
        if measured.rounds and time.monotonic() > deadline:
            break
        _report_progress(number, extent.rounds)
        for operation in extent.operations:
            for pair in pairs:
                heed()
                count = max(1, extent.requests // operation.weight)
                both = operation.has_floor or not with_floors
                samples = _alternate(pair, operation, count, both=both, swap=bool(number % 2))
                if number:  # The first round fills caches and pools, and is not counted.
                    kept = measured.samples[pair.implementation, operation.name]
                    kept.first += samples.first
                    kept.second += samples.second
        measured.rounds = number
    measured.afterwards = _memory(pairs)
    return measured


def _alternate(pair: Pair, operation: Operation, count: int, *, both: bool, swap: bool) -> Samples:
    samples = Samples()
    turns = [(pair.first, samples.first)]
    if both:
        turns.append((pair.second, samples.second))
    for contender, costs in reversed(turns) if swap else turns:
        costs.append(_block(contender, operation, count))
    return samples


def _block(contender: Contender, operation: Operation, count: int) -> Cost:
    """Return the cost of one request, from a block of them by customers in turn."""
    site, meter = contender.site, contender.meter
    turns = list(islice(cycle(site.customers), count))
    # A customer has one cart, so that each can only take one turn between the other two steps.
    size = count if operation.before is nothing else len(site.customers)
    cost = Cost(0.0, 0.0)
    site.shop.wake()
    for start in range(0, count, size):
        group = turns[start : start + size]
        for customer in group:
            operation.before(site, customer)
        site.server.wake()
        began = meter.read()
        for customer in group:
            operation.send(site, customer)
        cost = cost.plus(began.until(meter.read()))
        for customer in group:
            operation.after(site, customer)
    return cost.per(count)


def _memory(pairs: Sequence[Pair]) -> dict[str, tuple[int, int]]:
    return {
        pair.implementation: (pair.first.meter.memory(), pair.second.meter.memory())
        for pair in pairs
    }


def _report_progress(number: int, rounds: int) -> None:
    if sys.stderr.isatty():
        print(f"round {number} of {rounds}", end="\r", file=sys.stderr, flush=True)
