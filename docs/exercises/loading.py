"""What an exercise's file defines."""

import importlib.util
from pathlib import Path
from typing import Any

from workbench.processes import FailedError


def load(file: Path, name: str) -> Any:
    """The function `name` of a file. Raises FailedError if there is none."""
    spec = importlib.util.spec_from_file_location("exercise", file)
    if spec is None or spec.loader is None:
        raise FailedError(f"{file} cannot be read.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(found := getattr(module, name, None)):
        raise FailedError(f"{file.name} defines no function {name}.")
    return found
