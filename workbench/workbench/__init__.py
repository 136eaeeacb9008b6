"""The workbench: commands to run, compare, measure and break the bookstores.

A command of the Makefile is a module or a package: `make trace` runs `python -m workbench.trace`.
The other modules are shared: processes, databases, stores, sandboxes and shops start what a
command needs; documents and symbols read the pages and the code; lessons serves `docs/`.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the repository."""

VAR = ROOT / "var"
"""Databases and logs that runs leave behind. Git ignores the folder, `make clean` deletes it."""
