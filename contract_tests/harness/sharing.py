"""How the tests are shared out among processes."""

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # xdist has no type hints

CROWD = "test_concurrency"


class Together(LoadFileScheduling):  # type: ignore[misc]  # the base class has no type hints
    """A file's tests stay together; so do all that need a crowd, which is gathered only once."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return CROWD if CROWD in file else file
