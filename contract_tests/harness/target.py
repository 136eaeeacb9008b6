"""The target of the suite: a server that it starts, or one that runs already."""

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
ADMIN_PASSWORD = "the suite's own admin"  # in throwaway databases


@dataclass(frozen=True)
class Target:
    """A shop with an admin account."""

    name: str
    base_url: str
    admin_email: str
    admin_password: str
    database_kind: str | None = None
    """The kind of database, or None if the suite did not start the server."""
    sandbox: Sandbox | None = None
    """A client of the server's payment sandbox, if the suite has access to it."""
    webhook_secret: str | None = None
    """A secret that is valid for payment events, if it is known."""

    @property
    def is_ours(self) -> bool:
        """Whether the suite started the server, so that it knows the settings."""
        return self.database_kind is not None


@dataclass
class Ground:
    """The databases, the store and the servers of an implementation."""

    implementation: Implementation
    databases: Databases
    store_url: str
    folder: Path
    """A folder for other files of the servers; it is deleted at the end."""
    _servers: list[Server] = field(default_factory=list)

    def open(self, name: str, *, pays: bool = True, **settings: str) -> Server:
        """Start a server on a new database with an admin."""
        server = self.prepare(name, pays=pays, **settings)
        server.start()
        return server

    def prepare(self, name: str, *, pays: bool = True, **settings: str) -> Server:
        """Create such a server without starting it. Omit `BOOKSTORE_` in settings."""
        database_url = self.databases.copy(self._template, f"{self.implementation.name}_{name}")
        return self._server(name, database_url, pays=pays, **settings)

    @cached_property
    def _template(self) -> str:
        """A database with an admin. Servers get copies: `migrate` and `create-user` are slow."""
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
        """Create another server on the same database, store and sandbox; do not start it."""
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
        """Create a sandbox for the shop on this port; it signs with the last secret."""
        shop_url = f"http://127.0.0.1:{shop_port}"
        log = self.implementation.logs / f"{name}-sandbox.log"
        log.unlink(missing_ok=True)
        return OwnSandbox.beside(shop_url, log, self.folder / f"{name}-sandbox.db", SECRETS[-1])

    def target(self, server: Server) -> Target:
        """Return the target that a server is, with its admin."""
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
        """Stop all servers and their sandboxes."""
        for server in self._servers:
            server.stop()
            server.sandbox.close()


def _variable(name: str) -> str:
    return name if name.startswith("OTEL_") else f"BOOKSTORE_{name}"


@contextmanager
def open_ground(implementation: str, database_kind: str) -> Iterator[Ground]:
    """Provide databases and a store for an implementation's servers until the block ends."""
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
