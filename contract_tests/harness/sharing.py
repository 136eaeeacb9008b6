"""Distribution of the tests among worker processes."""

from pathlib import PurePath

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # xdist has no type hints

CROWD = "test_concurrency"
COMMANDS = {"test_commands", "test_reconciliation", "test_transactions", "test_stored_data"}
"""Files that use the same branch: test_rules/conftest.py."""


class Together(LoadFileScheduling):  # type: ignore[misc]  # the base class has no type hints
    """Keeps a file's tests together, and the files that share a server or clients."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        if CROWD in file:
            return CROWD
        return "commands" if PurePath(file).stem in COMMANDS else file
