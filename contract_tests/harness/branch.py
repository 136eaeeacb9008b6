"""An additional server for tests that count every row or that break something."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from harness import people
from harness.client import Client
from harness.people import Person
from harness.sales import Sales
from harness.sandbox import Sandbox
from harness.server import Server
from harness.shop import Shop
from harness.target import Ground

LONG_SESSION = "7200"
"""The lifetime of access tokens in seconds: longer than any test uses one."""


@dataclass(frozen=True)
class Branch:
    """A server that the suite started, with an admin, customers and a payment provider."""

    server: Server
    anyone: Client
    admin: Client

    @cached_property
    def sales(self) -> Sales:
        """Sales in this shop, with its admin as staff."""
        return Sales(Shop(self.admin))

    @property
    def sandbox(self) -> Sandbox:
        """A client of this shop's payment sandbox."""
        return self.server.sandbox.client

    def customer(self) -> Person:
        """Register a customer and log in."""
        return people.new_customer(self.anyone)

    @cached_property
    def buyer(self) -> Client:
        """A client of a customer that all purchases of a test can share."""
        return self.customer().client


@contextmanager
def open_branch(
    ground: Ground, name: str, *, workers: int = 1, pays: bool = True, **settings: str
) -> Iterator[Branch]:
    """Run a server on a new database until the block ends."""
    server = ground.prepare(name, pays=pays, **{"ACCESS_TOKEN_SECONDS": LONG_SESSION, **settings})
    server.workers = workers
    with branch_of(ground, server) as branch:
        yield branch


@contextmanager
def branch_of(ground: Ground, server: Server) -> Iterator[Branch]:
    """Run a prepared server until the block ends."""
    target = ground.target(server)
    server.start()
    client = Client(server.url)
    try:
        admin = people.join(client, target.admin_email, target.admin_password).client
        yield Branch(server, client, admin)
    finally:
        client.close()
        server.stop()
