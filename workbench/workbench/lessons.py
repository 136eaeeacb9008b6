"""Temporary shops for the experiments and exercises of `docs/`, sound or with a seeded bug."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from workbench import ROOT
from workbench.databases import postgres
from workbench.hunt.catalogue import catalogue, chosen
from workbench.hunt.copies import copy_of_the_repository
from workbench.processes import FailedError, Processes, free_port
from workbench.sandboxes import Sandbox
from workbench.shops import Shop, webhook_url
from workbench.stores import open_store


@contextmanager
def open_shops(
    *names: str,
    database: str = "sqlite",
    root: Path = ROOT,
    settings: Mapping[str, str] | None = None,
    serving: bool = True,
) -> Iterator[list[Shop]]:
    """Yield shops on free ports, each with its own database, store and payment provider.

    `settings` are the environment variables of spec/runtime.md. With `serving=False`, the shops
    are migrated and seeded, but no server starts. Raises FailedError if a shop does not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookstore-lesson-")))
        urls = [
            stack.enter_context(postgres(name))
            if database == "postgres"
            else f"sqlite:///{folder / name}.db"
            for name in names
        ]
        processes = stack.enter_context(Processes())
        shops = []
        for name, url in zip(names, urls, strict=True):
            port = free_port()
            sandbox = Sandbox(name, free_port(), webhook_url(port), folder).open(processes)
            store = open_store(processes, folder)
            shop = Shop(name, port, url, store, sandbox, folder, root, settings or {})
            shops.append(shop.open(processes) if serving else shop.prepare(processes))
        yield shops


@contextmanager
def broken_copy(bug: str, implementation: str) -> Iterator[Path]:
    """Yield a copy of the repository in which an implementation has a bug of contract_tests/bugs/.

    Raises FailedError if the bug does not exist or if its edits do not apply.
    """
    [one] = chosen(bug, catalogue())
    with copy_of_the_repository() as copy:
        one.edits(implementation).apply(copy)
        yield copy


__all__ = ["FailedError", "broken_copy", "open_shops"]
