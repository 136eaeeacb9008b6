"""The run as a whole: every documented answer was seen, and no other one."""

import pytest

from harness import contract, options
from harness.guard import GUARD
from harness.target import Ground, Target

CUT_OFF = "SQLite reads go on whatever happens to the writer: only PostgreSQL can be taken away"
SILENT = "without its sandbox nobody can keep the payment provider's answer from the shop"
UNSIGNED = "without the webhook secret no event is signed"
GIVEN = "a server that runs elsewhere cannot be brought to this from outside"


def test_no_undocumented_answer_was_seen() -> None:
    assert not GUARD.undocumented


def test_every_documented_answer_was_seen(
    pytestconfig: pytest.Config, maybe_ground: Ground | None, target: Target
) -> None:
    partial = options.is_partial(pytestconfig)
    if partial:
        pytest.skip(f"only a part of the suite ran: {partial}")
    _excuse(maybe_ground, target)
    assert not GUARD.missing()


def _excuse(ground: Ground | None, target: Target) -> None:
    """Name what this target cannot show."""
    every = contract.operations()
    if ground is None:
        GUARD.excuse(503, every, GIVEN)
        GUARD.excuse(429, every, GIVEN)
        GUARD.excuse(409, [contract.named("updateUser")], GIVEN)
    elif ground.databases.kind == "sqlite":
        GUARD.excuse(503, [operation for operation in every if not operation.is_write], CUT_OFF)
    if target.sandbox is None:
        GUARD.excuse(202, every, SILENT)
    if target.webhook_secret is None:
        event = contract.named("receivePaymentEvent")
        for status in event.responses:
            GUARD.excuse(status, [event], UNSIGNED)
