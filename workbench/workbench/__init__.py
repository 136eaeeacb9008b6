"""The workbench: what a person does with the three bookstores."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""

VAR = ROOT / "var"
"""Whatever a run leaves behind: databases and logs. Git ignores it, `make clean` removes it."""
