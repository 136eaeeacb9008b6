"""The environment of a run: machine, tools, contract, packages."""

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
    """Describe the machine, the suite's tools, the contract, and the implementation's packages."""
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
    """Yield the packages in the implementation's environment, if that is a Python one."""
    for folder in (ROOT / f"impl_{implementation}" / ".venv").glob("lib/*/site-packages/*"):
        if found := DISTRIBUTION.fullmatch(folder.name):
            yield found["name"], found["version"]


def _commit() -> str | None:
    """Return the commit of the repository, or None outside a Git repository."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None
