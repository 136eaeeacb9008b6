"""The size of each implementation: lines of code by concern, dependencies, images."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.reader.concerns import Concern, covering
from workbench.reader.results import FOLDER
from workbench.reader.sources import Source

IMAGES = f"{FOLDER}/images.json"
IMAGES_COMMAND = f"docker compose build && docker image ls --format json 'bookstore-*' >{IMAGES}"
REST_SHARED, REST_OF_DOMAINS = "other shared files", "other files of the domains"


@dataclass(frozen=True)
class Dependencies:
    """The dependencies of an implementation."""

    direct: list[str]
    """The names in `requirements.in`."""
    locked: int
    """The number of packages in `requirements.txt`, those for other platforms included."""


def lines_by_concern(sources: Iterable[Source], concerns: list[Concern]) -> dict[str, Counter[str]]:
    """Count the lines of Python code by concern and implementation. Each file counts once."""
    names = [*(concern.name for concern in concerns), REST_SHARED, REST_OF_DOMAINS]
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    for source in sources:
        if source.file.endswith(".py"):
            concern = covering(concerns, source.key)
            rest = REST_OF_DOMAINS if "/" in source.key else REST_SHARED
            name = concern.name if concern else rest
            found[name][source.implementation] += source.code_lines
    return {name: counts for name, counts in found.items() if counts}


def dependencies(root: Path, implementation: str) -> Dependencies | None:
    """Return the dependencies; None if there is not a `requirements.in`."""
    folder = root / f"impl_{implementation}"
    direct, locked = folder / "requirements.in", folder / "requirements.txt"
    if not direct.is_file() or not locked.is_file():
        return None
    lines = [line.partition("#")[0].strip() for line in direct.read_text().splitlines()]
    names = [line for line in lines if line and not line.startswith("-")]
    pinned = re.findall(r"^[A-Za-z0-9][^\s=]*==", locked.read_text(), re.MULTILINE)
    return Dependencies(names, len(pinned))


def images(root: Path) -> dict[str, str]:
    """Return the size of each image as Docker prints it, for those in the recorded list."""
    file = root / IMAGES
    if not file.is_file():
        return {}
    rows = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    return {row["Repository"].removeprefix("bookstore-"): row["Size"] for row in rows}
