"""The base of the contract suite: targets, servers, and a client that checks every response."""

import os
from pathlib import Path

SUITE = Path(__file__).resolve().parent.parent
ROOT = SUITE.parent
"""The repository, with the implementations in `impl_<name>/` and the contract in `spec/`."""

RESULTS = SUITE / "results"

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
"""The name of this pytest-xdist worker; None if the run has a single process."""


def own(name: str) -> str:
    """Make a name unique for each worker."""
    return f"{name}-{WORKER}" if WORKER else name
