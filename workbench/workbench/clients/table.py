"""The table that `make clients` prints: a row for each tool, which grows while the tool runs."""

from workbench.clients.steps import ANSWERS, COMPILES, GENERATES, Runner
from workbench.clients.tools import MOCK, missing
from workbench.processes import FailedError
from workbench.shops import Shop


class Table:
    """The rows, and the remarks that go below them: what failed, and what was skipped."""

    def __init__(self, shops: list[Shop]) -> None:
        self._shops = shops
        self._group = ""
        self.faults: list[str] = []
        self.skipped: list[str] = []

    def print_head(self) -> None:
        """Print the titles of the columns."""
        print(f"{'':<53}buys a book in")
        _print_label("client", "version")
        for title in (GENERATES, COMPILES, *(shop.name for shop in self._shops)):
            _print_cell(title, title)
        print()

    def print_row(self, runner: Runner) -> None:
        """Run the steps of a tool and print a cell for each. Without a client, none can follow."""
        tool = runner.tool
        if tool.group and tool.group != self._group:
            print(tool.group)
        self._group = tool.group
        _print_label("  " * bool(tool.group) + tool.name, tool.version)
        if tool is MOCK:
            print(ANSWERS, end=": ", flush=True)
        for title, step in runner.steps(self._shops):
            if title == COMPILES and (reason := missing(tool)):
                self.skipped.append(f"{tool.name} is not compiled: {reason}")
                _print_cell("skipped", title)
                break
            try:
                step()
            except FailedError as failure:
                self.faults.append(f"{tool.name}, {title}: {failure}")
                _print_cell("no", title)
                if title in (GENERATES, COMPILES):
                    break
            else:
                _print_cell("yes", title)
        print()


def _print_label(name: str, version: str) -> None:
    print(f"{name:<23}{version:<9}", end="", flush=True)


def _print_cell(text: str, title: str) -> None:
    print(f"{text:<{len(title) + 2}}", end="", flush=True)
