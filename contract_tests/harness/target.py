"""Whom the suite speaks to: a server that it starts, or one that is there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harness import formats
from harness.databases import Databases, open_databases
from harness.server import Implementation, Server
from harness.stores import Store, given_url

ADMIN_PASSWORD = "the suite's own admin"  # noqa: S105  # of throwaway databases


@dataclass(frozen=True)
class Target:
    """A shop with an admin account."""

    name: str
    base_url: str
    admin_email: str
    admin_password: str
    database_kind: str | None = None
    """Known only where the suite started the server."""

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
    _servers: list[Server] = field(default_factory=list)

    def open(self, name: str, *, database_url: str | None = None, **settings: str) -> Server:
        """A server, ready, on a migrated database of its own unless one is given."""
        server = self.prepare(name, database_url=database_url, **settings)
        server.start()
        return server

    def prepare(self, name: str, *, database_url: str | None = None, **settings: str) -> Server:
        """The same, not started yet. The settings' names go without `BOOKSTORE_`."""
        redis = urlsplit(self.store_url)._replace(path=f"/{len(self._servers) % 16}").geturl()
        server = Server(
            self.implementation,
            name,
            database_url or self.databases.create(f"{self.implementation.name}_{name}"),
            {f"BOOKSTORE_{key}": value for key, value in {"REDIS_URL": redis, **settings}.items()},
        )
        self._servers.append(server)
        server.log.unlink(missing_ok=True)
        if database_url is None:
            server.migrate()
        return server

    def target(self, server: Server) -> Target:
        """A server with a new admin account."""
        email = formats.email()
        server.create_user(email, ADMIN_PASSWORD, "admin")
        kind = self.databases.kind
        return Target(self.implementation.name, server.url, email, ADMIN_PASSWORD, kind)

    def close(self) -> None:
        """Stop what still runs."""
        for server in self._servers:
            server.stop()


@contextmanager
def open_ground(implementation: str, database_kind: str) -> Iterator[Ground]:
    """A place for an implementation's servers, which leaves nothing behind."""
    chosen = Implementation(implementation)
    store = None if given_url() else Store(chosen.logs / "store.log")
    try:
        with open_databases(database_kind) as databases:
            ground = Ground(chosen, databases, given_url() or (store.url if store else ""))
            try:
                yield ground
            finally:
                ground.close()
    finally:
        if store:
            store.stop()
