"""The run as a whole: every documented answer was seen, and no other one."""

import pytest

from harness import contract, options
from harness.guard import GUARD
from harness.target import Ground

CUT_OFF = "SQLite reads go on whatever happens to the writer: only PostgreSQL can be taken away"
GIVEN = "a server that runs elsewhere cannot be brought to this from outside"


def test_no_undocumented_answer_was_seen() -> None:
    assert not GUARD.undocumented


def test_every_documented_answer_was_seen(
    pytestconfig: pytest.Config, maybe_ground: Ground | None
) -> None:
    partial = options.is_partial(pytestconfig)
    if partial:
        pytest.skip(f"only a part of the suite ran: {partial}")
    _excuse(maybe_ground)
    assert not GUARD.missing()


def _excuse(ground: Ground | None) -> None:
    """Name what this target cannot show."""
    built = contract.built()
    GUARD.excuse(
        409, [contract.named("deleteBook")], "no book is ever ordered before orders are built"
    )
    if ground is None:
        GUARD.excuse(503, built, GIVEN)
        GUARD.excuse(429, built, GIVEN)
        GUARD.excuse(409, [contract.named("updateUser")], GIVEN)
    elif ground.databases.kind == "sqlite":
        GUARD.excuse(503, [operation for operation in built if not operation.is_write], CUT_OFF)
