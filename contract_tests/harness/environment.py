"""What a run was made with."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import version

from harness import ROOT
from harness.contract import Json, document

INSTRUMENTS = ("pytest", "hypothesis", "schemathesis", "httpx")
DISTRIBUTION = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")


def describe(implementation: str | None) -> Json:
    """The machine, the suite's instruments, the contract, and what the implementation uses."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "contract": document()["info"]["version"],
        "commit": _commit(),
        "instruments": {name: version(name) for name in INSTRUMENTS},
        "packages": dict(sorted(_packages(implementation))) if implementation else {},
    }


def _packages(implementation: str) -> Iterator[tuple[str, str]]:
    """What lies in its environment, if that is one of Python's."""
    for folder in (ROOT / f"impl_{implementation}" / ".venv").glob("lib/*/site-packages/*"):
        if found := DISTRIBUTION.fullmatch(folder.name):
            yield found["name"], found["version"]


def _commit() -> str | None:
    """Of the repository, where it is one."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None
