"""A shop that several files of this folder share."""

from collections.abc import Iterator

import pytest

from harness.branch import Branch, open_branch
from harness.target import Ground

PATIENCE = "20"
"""Seconds that the shop waits for its provider: a held call is not to end by itself."""


@pytest.fixture(scope="session")
def branch(ground: Ground) -> Iterator[Branch]:
    """The shop whose `expire-orders` and `reconcile-payments` are run (harness/sharing.py)."""
    with open_branch(ground, "commands", PAYMENT_TIMEOUT_SECONDS=PATIENCE) as branch:
        yield branch
