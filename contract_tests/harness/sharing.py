"""How the tests are shared out among processes."""

from pathlib import PurePath

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

CROWD = "test_concurrency"
COMMANDS = {"test_commands", "test_reconciliation", "test_transactions", "test_stored_data"}
"""Files that use the same branch: test_rules/conftest.py."""


class Together(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests stay together; so do the files that share a server of their own."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        if CROWD in file:
            return CROWD
        return "commands" if PurePath(file).stem in COMMANDS else file
