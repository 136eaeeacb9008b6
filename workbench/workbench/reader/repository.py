"""The data that the pages show: the contract, the implementations, the concerns, the results."""

from functools import cached_property
from pathlib import Path

from workbench.reader import concerns, finder, sources
from workbench.reader.concerns import Concern
from workbench.reader.contract import Contract, Operation
from workbench.reader.finder import Part
from workbench.reader.modules import Code
from workbench.reader.results import Results
from workbench.reader.sources import Source


class Repository:
    """A checkout of the repository with any number of `impl_<name>` folders."""

    def __init__(self, root: Path) -> None:
        """Read the contract, the table of README.md, and the modules."""
        self.root = root
        self.contract = Contract(root)
        self.concerns, columns = concerns.read(root)
        folders = sorted(path.name.removeprefix("impl_") for path in root.glob("impl_*/"))
        known = {title.lower(): title for title in columns}
        names = [*filter(folders.__contains__, known), *(n for n in folders if n not in known)]
        self.titles = {name: known.get(name, name.capitalize()) for name in names}
        self.codes = {name: Code(root, f"impl_{name}") for name in names}

    @property
    def implementations(self) -> list[str]:
        """The implementations in the order of the README's table, then the others."""
        return list(self.titles)

    @property
    def unreadable(self) -> list[str]:
        """Implementations without a Python package: the pages show their names only."""
        return [name for name, code in self.codes.items() if not code.modules]

    @cached_property
    def results(self) -> Results:
        """The results of the suite's last runs."""
        return Results(self.root, self.implementations)

    @cached_property
    def sources(self) -> list[Source]:
        """The files of the implementations, highlighted."""
        return sources.read(self.root, self.implementations)

    @cached_property
    def sources_by_key(self) -> dict[str, dict[str, Source]]:
        """The files by key and implementation."""
        found: dict[str, dict[str, Source]] = {}
        for source in sorted(self.sources, key=lambda each: ("/" in each.key, each.key)):
            found.setdefault(source.key, {})[source.implementation] = source
        return found

    @cached_property
    def source_by_file(self) -> dict[str, Source]:
        """The files by path in the repository."""
        return {source.file: source for source in self.sources}

    @cached_property
    def starts(self) -> dict[str, set[int]]:
        """The lines of each module on which a definition or a route starts."""
        return {
            module.file: {
                each.first
                for each in (*module.definitions.values(), *(route for route, _ in module.routes))
            }
            for code in self.codes.values()
            for module in code.modules.values()
        }

    def parts(self, operation: Operation) -> dict[str, list[Part]]:
        """Return the code that serves an operation in each readable implementation."""
        return {
            name: finder.parts(code, operation.id)
            for name, code in self.codes.items()
            if code.modules
        }

    def whole_concern(self, key: str) -> Concern | None:
        """Return the concern whose page shows the code of a file, if any."""
        return concerns.covering([each for each in self.concerns if each.is_whole], key)
