"""A shop of its own beside the main one, for tests that count everything or break something."""

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
"""Seconds: more than any run takes with one token."""


@dataclass(frozen=True)
class Branch:
    """A server that the suite started, its staff, its customers and its payment provider."""

    server: Server
    anyone: Client
    admin: Client

    @cached_property
    def sales(self) -> Sales:
        """What is sold here, by its admin."""
        return Sales(Shop(self.admin))

    @property
    def sandbox(self) -> Sandbox:
        """The provider's books and faults."""
        return self.server.sandbox.client

    def customer(self) -> Person:
        return people.new_customer(self.anyone)

    @cached_property
    def buyer(self) -> Client:
        """A customer who buys again and again."""
        return self.customer().client


@contextmanager
def open_branch(
    ground: Ground, name: str, *, workers: int = 1, pays: bool = True, **settings: str
) -> Iterator[Branch]:
    """A shop on a database of its own, until the block is left."""
    server = ground.prepare(name, pays=pays, **{"ACCESS_TOKEN_SECONDS": LONG_SESSION, **settings})
    server.workers = workers
    with branch_of(ground, server) as branch:
        yield branch


@contextmanager
def branch_of(ground: Ground, server: Server) -> Iterator[Branch]:
    """A shop that a prepared server serves, until the block is left."""
    target = ground.target(server)
    server.start()
    client = Client(server.url)
    try:
        admin = people.join(client, target.admin_email, target.admin_password).client
        yield Branch(server, client, admin)
    finally:
        client.close()
        server.stop()
