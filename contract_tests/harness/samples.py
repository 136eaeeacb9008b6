"""For each operation a request that succeeds: the point from which refusals depart."""

from harness import samples_catalogue, samples_sales
from harness.contract import Operation
from harness.sample import Cast, Sample

__all__ = ["Sample", "Sampler"]

_MAKERS = {**samples_catalogue.MAKERS, **samples_sales.MAKERS}


class Sampler(Cast):
    """Makes samples from things of its own, so that none spoils another."""

    def __call__(self, operation: Operation) -> Sample:
        """A request for an operation that succeeds, once."""
        return _MAKERS[operation.id](self, operation)
