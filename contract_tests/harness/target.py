"""Whom the suite speaks to: a server that it starts, or one that is there already."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from harness import own
from harness.databases import Databases, open_databases
from harness.processes import free_port
from harness.sandbox import OwnSandbox, Sandbox
from harness.server import Implementation, Server
from harness.stores import Store, given_url
from harness.webhooks import SECRETS

ADMIN_EMAIL = "admin@contract.example"
ADMIN_PASSWORD = "the suite's own admin"


@dataclass(frozen=True)
class Target:
    """A shop with an admin account."""

    name: str
    base_url: str
    admin_email: str
    admin_password: str
    database_kind: str | None = None
    """Known only where the suite started the server."""
    sandbox: Sandbox | None = None
    """The payment provider, where the suite may look into its books."""
    webhook_secret: str | None = None
    """What the provider's events may be signed with."""

    @property
    def is_ours(self) -> bool:
        """Whether the suite started it, with settings that it knows."""
        return self.database_kind is not None


@dataclass
class Ground:
    """Where an implementation's servers run: their databases and their store."""

    implementation: Implementation
    databases: Databases
    store_url: str
    folder: Path
    """For what else its servers need, and only until it is closed."""
    _servers: list[Server] = field(default_factory=list)

    def open(self, name: str, *, pays: bool = True, **settings: str) -> Server:
        """A server, ready, on a database of its own with an admin in it."""
        server = self.prepare(name, pays=pays, **settings)
        server.start()
        return server

    def prepare(self, name: str, *, pays: bool = True, **settings: str) -> Server:
        """The same, not started yet. The settings' names go without `BOOKSTORE_`."""
        database_url = self.databases.copy(self._template, f"{self.implementation.name}_{name}")
        return self._server(name, database_url, pays=pays, **settings)

    @cached_property
    def _template(self) -> str:
        """A database with an admin, made once: `migrate` and `create-user` take their time."""
        url = self.databases.create(f"{self.implementation.name}_template")
        server = self._server(own("template"), url)
        server.migrate()
        server.create_user(ADMIN_EMAIL, ADMIN_PASSWORD, "admin")
        return url

    def _server(
        self, name: str, database_url: str, *, pays: bool = True, **settings: str
    ) -> Server:
        redis = urlsplit(self.store_url)._replace(path=f"/{len(self._servers) % 16}").geturl()
        port = free_port()
        server = Server(
            self.implementation,
            name,
            database_url,
            self._sandbox(name, port),
            {_variable(name): value for name, value in {"REDIS_URL": redis, **settings}.items()},
            port,
            pays=pays,
        )
        self._servers.append(server)
        server.log.unlink(missing_ok=True)
        return server

    def beside(self, server: Server, implementation: Implementation, **settings: str) -> Server:
        """Another server on the same database, store and sandbox, not started yet."""
        own = {_variable(name): value for name, value in settings.items()}
        other = replace(
            server,
            implementation=implementation,
            settings={**server.settings, **own},
            name=f"{server.name}-{implementation.name}",
            port=free_port(),
            process=None,
        )
        self._servers.append(other)
        return other

    def _sandbox(self, name: str, shop_port: int) -> OwnSandbox:
        """One that tells the shop on this port of its events, signed with the later secret."""
        shop_url = f"http://127.0.0.1:{shop_port}"
        log = self.implementation.logs / f"{name}-sandbox.log"
        log.unlink(missing_ok=True)
        return OwnSandbox.beside(shop_url, log, self.folder / f"{name}-sandbox.db", SECRETS[-1])

    def target(self, server: Server) -> Target:
        """A server and its admin."""
        return Target(
            self.implementation.name,
            server.url,
            ADMIN_EMAIL,
            ADMIN_PASSWORD,
            self.databases.kind,
            server.sandbox.client,
            SECRETS[0],
        )

    def close(self) -> None:
        """Stop what still runs."""
        for server in self._servers:
            server.stop()
            server.sandbox.close()


def _variable(name: str) -> str:
    return name if name.startswith("OTEL_") else f"BOOKSTORE_{name}"


@contextmanager
def open_ground(implementation: str, database_kind: str) -> Iterator[Ground]:
    """A place for an implementation's servers, which leaves nothing behind."""
    chosen = Implementation(implementation)
    with ExitStack() as ending:
        store_url = given_url()
        if store_url is None:
            store = Store(chosen.logs / f"{own('store')}.log")
            ending.callback(store.stop)
            store_url = store.url
        databases = ending.enter_context(open_databases(database_kind))
        folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="bookstore-contract-"))
        ground = Ground(chosen, databases, store_url, Path(folder))
        ending.callback(ground.close)
        yield ground
