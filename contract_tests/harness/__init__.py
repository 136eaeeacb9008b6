"""What the contract suite stands on: a target, its servers, a client that checks each answer."""

import os
from pathlib import Path

SUITE = Path(__file__).resolve().parent.parent
ROOT = SUITE.parent
"""The repository: the implementations lie in it as `impl_<name>/`, the contract in `spec/`."""

RESULTS = SUITE / "results"

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
"""Which of the processes that share a run this is; None where there is but one."""


def own(name: str) -> str:
    """A name for what each of these processes has one of."""
    return f"{name}-{WORKER}" if WORKER else name
