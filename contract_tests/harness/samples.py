"""A request that succeeds for each operation; tests of error responses change it."""

from functools import cached_property

from harness import samples_catalogue, samples_sales
from harness.contract import Operation
from harness.sample import Cast, Sample

__all__ = ["Sample", "Sampler"]

_MAKERS = {**samples_catalogue.MAKERS, **samples_sales.MAKERS}


class Sampler(Cast):
    """Builds samples, each from separate resources, so that samples do not affect each other."""

    @cached_property
    def _readings(self) -> dict[str, Sample]:
        """Samples that only read, by operation; they can be sent again."""
        return {}

    def __call__(self, operation: Operation) -> Sample:
        """Return a request that succeeds: once if it writes, or any number of times."""
        made = self._readings.get(operation.id) or _MAKERS[operation.id](self, operation)
        if not operation.is_write:
            self._readings[operation.id] = made
        return made
