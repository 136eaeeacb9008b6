"""Distribution of the tests among worker processes."""

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # xdist has no type hints

CROWD = "test_concurrency"


class Together(LoadFileScheduling):  # type: ignore[misc]  # the base class has no type hints
    """Keeps the tests of a file together, and those of test_concurrency, which share clients."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return CROWD if CROWD in file else file
