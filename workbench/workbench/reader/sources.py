"""Read and highlight the files of the implementations."""

import re
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from workbench.reader.highlighting import highlighted
from workbench.reader.modules import PACKAGE

SUFFIXES = {".py", ".in", ".toml", ".html", ".ini", ".mako", ".md"}
"""Suffixes of the files to show. Lock files are not shown."""
NAMES = {"Dockerfile"}
SKIPPED = re.compile(
    r"(^|/)(\.|__pycache__|[^/]*\.egg-info|var|build|dist|node_modules)(/|$)|(^|/)\."
)
NOT_CODE = re.compile(r"(\s|<i>.*?</i>)*")


@dataclass(frozen=True)
class Source:
    """A file of one implementation."""

    implementation: str
    file: str
    """The path relative to the repository."""
    text: str
    html: list[str]

    @property
    def key(self) -> str:
        """The name that the implementations share: `orders/services.py`, `Dockerfile`."""
        return key_of(self.file)

    @property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.splitlines()

    @property
    def code_lines(self) -> int:
        """The number of lines that are not blank, comment or docstring."""
        return sum(1 for line in self.html if not NOT_CODE.fullmatch(line))


def key_of(file: str) -> str:
    """Return a path without the folders of the implementation and its package."""
    return file.partition("/")[2].removeprefix(f"{PACKAGE}/")


def read(root: Path, implementations: Iterable[str]) -> list[Source]:
    """Read and highlight the written files with more than one line."""
    found = [
        (implementation, path.relative_to(root).as_posix(), text)
        for implementation in implementations
        for path in sorted((root / f"impl_{implementation}").rglob("*"))
        if is_source(path, root) and (text := path.read_text()).count("\n") > 1
    ]
    with ProcessPoolExecutor() as pool:
        texts, files = [each[2] for each in found], [each[1] for each in found]
        html = pool.map(highlighted, texts, files, chunksize=16)
    return [Source(*each, lines) for each, lines in zip(found, html, strict=True)]


def is_source(path: Path, root: Path) -> bool:
    """Return whether the name is that of a file that people write."""
    name = path.relative_to(root).as_posix()
    written = path.suffix in SUFFIXES or path.name in NAMES
    return written and not SKIPPED.search(name) and path.is_file()
