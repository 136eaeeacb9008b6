"""The servers of a measurement: a shop and its floor, or a shop in two versions, on PostgreSQL."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from workbench import ROOT
from workbench.bench.client import Client
from workbench.bench.customers import Site
from workbench.bench.measuring import Contender, Pair
from workbench.bench.processor_time import Meter
from workbench.databases import postgres, postgres_server
from workbench.processes import FailedError, Process, Processes, free_port
from workbench.sandboxes import Sandbox
from workbench.shops import READY_SECONDS, Shop, webhook_url
from workbench.stores import open_store

SETTINGS = {
    "BOOKSTORE_SECRET_KEY": secrets.token_hex(32),  # A floor takes the tokens of its shop.
    "BOOKSTORE_ACCESS_TOKEN_SECONDS": "86400",
    "BOOKSTORE_LOGIN_LIMIT_ACCOUNT": "1000000",
    "BOOKSTORE_LOGIN_LIMIT_ADDRESS": "1000000",
}

FLOORS = {"django": "serve_wsgi", "fastapi": "serve_asgi", "flask": "serve_wsgi"}
"""The module that serves a framework's floor."""


class Servers:
    """Starts the servers of a measurement, each with one worker. They stop when `open` ends."""

    def __init__(
        self,
        ending: ExitStack,
        databases: Mapping[str, list[str]],
        *,
        books: int,
        with_payments: bool,
    ) -> None:
        """Take databases for the shops of each implementation, and the size of the catalogue."""
        folder = tempfile.TemporaryDirectory(prefix="bookstore-bench-")
        self._ending = ending
        self._databases = databases
        self._folder = Path(ending.enter_context(folder))
        self._monitor = ending.enter_context(psycopg.connect(postgres_server(), autocommit=True))
        self._books = books
        self._with_payments = with_payments
        self.processes = ending.enter_context(Processes())

    @classmethod
    @contextmanager
    def open(
        cls, names: Sequence[str], shops: int, *, books: int, with_payments: bool
    ) -> Iterator["Servers"]:
        """Create databases for some shops of each of these implementations."""
        with ExitStack() as ending:
            # Databases come first, so that they are dropped after the servers have stopped.
            databases = {
                name: [ending.enter_context(postgres(name)) for _ in range(shops)] for name in names
            }
            yield cls(ending, databases, books=books, with_payments=with_payments)

    def pairs(self, open_pair: Callable[[str], Pair]) -> list[Pair]:
        """Open a pair for each implementation, at the same time."""
        with ThreadPoolExecutor() as executor:
            return list(executor.map(open_pair, self._databases))

    def product_and_floor(self, name: str) -> Pair:
        """Serve an implementation and its framework's floor on one database.

        Raises FailedError for an implementation that has no floor.
        """
        if name not in FLOORS:
            raise FailedError(f"There is no floor for {name}: compare versions of it (AGAINST=…)")
        shop, process = self._start_shop(name, ROOT)
        client = self._client(shop.port)
        site = Site.of(shop, client)
        floor_port, floor = self._start_floor(shop)
        return Pair(
            name,
            Contender(site, self._meter(process, shop)),
            Contender(site.at(self._client(floor_port)), self._meter(floor, shop)),
        )

    def two_versions(self, name: str, checkout: Path) -> Pair:
        """Serve an implementation of this repository and of another checkout of it."""
        with ThreadPoolExecutor() as executor:
            contenders = executor.map(lambda root: self._version(name, root), (ROOT, checkout))
            return Pair(name, *contenders)

    def _version(self, name: str, root: Path) -> Contender:
        shop, process = self._start_shop(name, root)
        return Contender(Site.of(shop, self._client(shop.port)), self._meter(process, shop))

    def _start_shop(self, name: str, root: Path) -> tuple[Shop, Process]:
        """Migrate, seed and serve a shop."""
        port = free_port()
        folder = self._folder / f"{name}-{port}"
        sandbox = None
        if self._with_payments:
            sandbox = Sandbox(name, free_port(), webhook_url(port), folder).open(self.processes)
        shop = Shop(
            name,
            port,
            self._databases[name].pop(),
            open_store(self.processes, folder),
            sandbox,
            folder,
            root,
            SETTINGS,
            self._books,
        ).prepare(self.processes)
        # Otherwise autovacuum would do this during the measurement, and change the query plans.
        with psycopg.connect(shop.database_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        process = shop.start(self.processes)
        shop.wait_until_ready(self.processes, process)
        return shop, process

    def _start_floor(self, shop: Shop) -> tuple[int, Process]:
        """Serve a floor with the settings of its shop; return its port."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        python = ROOT / f"impl_{shop.name}" / ".venv" / "bin" / "python"
        process = self.processes.start(
            f"{shop.name}: its floor",
            [python, "-m", f"workbench.bench.floors.{FLOORS[shop.name]}", shop.name, str(port)],
            log=shop.folder / "log" / "floor.log",
            environment={**shop.environment, "PYTHONPATH": str(ROOT / "workbench")},
        )

        def is_live() -> bool:
            try:
                return httpx.get(f"{url}/health/live").is_success
            except httpx.TransportError:
                return False

        self.processes.wait_until(is_live, process, seconds=READY_SECONDS)
        return port, process

    def _client(self, port: int) -> Client:
        return self._ending.enter_context(Client(port))

    def _meter(self, process: Process, shop: Shop) -> Meter:
        database = urlsplit(shop.database_url).path.removeprefix("/")
        return Meter(process.pid, database, self._monitor)
