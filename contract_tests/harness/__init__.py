"""What the contract suite stands on: a target, its servers, a client that checks each answer."""

from pathlib import Path

SUITE = Path(__file__).resolve().parent.parent
ROOT = SUITE.parent
"""The repository: the implementations lie in it as `impl_<name>/`, the contract in `spec/`."""

RESULTS = SUITE / "results"
