"""For each operation a request that succeeds: the point from which refusals depart."""

from functools import cached_property

from harness import samples_catalogue, samples_sales
from harness.contract import Operation
from harness.sample import Cast, Sample

__all__ = ["Sample", "Sampler"]

_MAKERS = {**samples_catalogue.MAKERS, **samples_sales.MAKERS}


class Sampler(Cast):
    """Makes samples from things of its own, so that none spoils another."""

    @cached_property
    def _readings(self) -> dict[str, Sample]:
        """Those that spoil nothing, by operation."""
        return {}

    def __call__(self, operation: Operation) -> Sample:
        """A request for an operation that succeeds: once if it writes, or else again and again."""
        made = self._readings.get(operation.id) or _MAKERS[operation.id](self, operation)
        if not operation.is_write:
            self._readings[operation.id] = made
        return made
