"""What is done with a tool: generate a client, compile it, and buy a book with it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workbench import ROOT
from workbench.clients.names import check_names
from workbench.clients.tools import MOCK, Tool
from workbench.processes import Processes, free_port, listens
from workbench.shops import Shop

READY_SECONDS = 120.0
"""How long the mock server may take to start on a slow machine."""

GENERATES, COMPILES, ANSWERS = "generates", "compiles", "valid answers of the mock server"

Step = Callable[[], None]


@dataclass(frozen=True)
class Runner:
    """Runs the commands of one tool, and keeps what each step prints in a log."""

    tool: Tool
    processes: Processes
    logs: Path

    def run(self, step: str, *commands: str, url: str = "") -> None:
        """Run commands in the folder of the tool. Raises `FailedError` if one fails."""
        log = self.logs / self.tool.name / f"{step}.log"
        log.unlink(missing_ok=True)
        for command in commands:
            self.processes.run(
                f"`{command}`",
                ["bash", "-c", command],
                log=log,
                environment={**self.tool.environment, "BOOKSTORE_URL": url},
                folder=self.tool.folder,
            )

    def steps(self, shops: list[Shop]) -> Iterator[tuple[str, Step]]:
        """Yield the title of each step, and a function that raises `FailedError` if it fails."""
        if self.tool is MOCK:
            yield ANSWERS, self.browse
            return
        yield GENERATES, self.generate
        yield COMPILES, partial(self.run, COMPILES, *self.tool.compile)
        for shop in shops:
            yield shop.name, partial(self.run, shop.name, self.tool.buy, url=shop.url)

    def generate(self) -> None:
        """Delete the client of an earlier run, generate a new one, and check its names."""
        shutil.rmtree(self.tool.generated, ignore_errors=True)
        self.run(GENERATES, self.tool.generate)
        check_names(self.tool.generated)

    def browse(self) -> None:
        """Start the mock server, read from it, and check that the contract allows its answers."""
        port = free_port()
        server = self.processes.start(
            "prism mock",
            ["prism", "mock", "--port", str(port), ROOT / "spec" / "openapi.yaml"],
            log=self.logs / self.tool.name / "mock.log",
            environment=self.tool.environment,
        )
        self.processes.wait_until(lambda: listens(port), server, seconds=READY_SECONDS)
        self.run("browse", self.tool.buy, url=f"http://127.0.0.1:{port}")
