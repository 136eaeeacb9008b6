"""Nobody can write for a while: who waits too long is sent away, and all else goes on."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import httpx
import psycopg
import pytest
from psycopg import sql

from harness import contract, people
from harness.branch import Branch, open_branch
from harness.client import Client, refused, succeeded
from harness.databases import SQLITE
from harness.samples import Sample, Sampler
from harness.server import Server
from harness.shop import Shop
from harness.target import Ground
from harness.webhooks import SECRETS

pytestmark = pytest.mark.slow
WRITERS = [
    operation
    for operation in contract.operations()
    if operation.is_write
    and 503 in operation.responses
    and operation.definition["tags"] != ["cart"]  # kept in Redis
]
DOORS = 4
"""Servers, so that every write waits at the same time, and none for another one's thread."""
CROWD = 12
"""More than the small pool's connections, even of several threads."""


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Somebody else writes while the block runs: everything can be read, nothing written."""
    if database_url.startswith(SQLITE):
        lock = sqlite3.connect(database_url.removeprefix(SQLITE), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.execute("ROLLBACK")
        lock.close()
        return
    with psycopg.connect(database_url) as connection:
        # Of a lock on the table of keys, or on a user whom a key refers to, a writer would be told
        # earlier, and as of a request in flight.
        tables = connection.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'idempotency_keys'"
        ).fetchall()
        for (table,) in tables:
            lock_it = sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(
                sql.Identifier(table)
            )
            connection.execute(lock_it)
        yield
        connection.rollback()


@pytest.fixture(scope="module")
def branch(ground: Ground) -> Iterator[Branch]:
    with open_branch(ground, "locked") as branch:
        yield branch


@pytest.fixture(scope="module")
def doors(ground: Ground, branch: Branch) -> Iterator[list[Client]]:
    """The admin at several servers of the shop; the last of them has two connections only."""
    servers = [ground.beside(branch.server, ground.implementation) for _ in range(DOORS)]
    small = {"BOOKSTORE_DATABASE_POOL_SIZE": "2"}
    servers[-1].settings = {**servers[-1].settings, **small}
    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(Server.start, servers))
    clients = [Client(server.url) for server in servers]
    yield [branch.admin, *(client.bearing(branch.admin.token) for client in clients)]
    for client, server in zip(clients, servers, strict=True):
        client.close()
        server.stop()


def sent_away(answer: httpx.Response) -> None:
    refused(answer, 503, "service-unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def _change(sample: Sample) -> Sample:
    """A write that changes something: one that does not need not wait."""
    return sample.with_json({"role": "staff"}) if sample.operation.id == "updateUser" else sample


def test_writers_give_up_and_the_rest_goes_on(branch: Branch, doors: list[Client]) -> None:
    """Both at once, because both take as long as a lock is waited for."""
    # An admin's own row is locked while somebody's role waits to be changed.
    shop = Shop(people.new_member(branch.admin, "staff").client)
    sampler = Sampler(shop, branch.admin, SECRETS[0])
    samples = [_change(sampler(operation)) for operation in WRITERS]
    at_doors = [
        sample.but(client=doors[number % DOORS].bearing(sample.client.token))
        for number, sample in enumerate(samples)
    ]
    *_, open_door, small = doors
    path = f"/books/{branch.sales.book()['id']}"
    before = succeeded(branch.admin.get(path)).json()
    change = partial(small.patch, path, {"title": "Another"}, "*")
    with ThreadPoolExecutor(len(samples) + 2 * CROWD) as pool:
        with locked(branch.server.database_url):
            writing = [pool.submit(sample.send) for sample in at_doors]
            crowding = [pool.submit(change) for _ in range(CROWD)]
            reading = [pool.submit(small.get, "/books") for _ in range(CROWD)]
            succeeded(open_door.get("/books"), 200)
            answers = [each.result() for each in writing]
            crowded = [each.result() for each in crowding]
        read = [each.result() for each in reading]
    statuses = {str(s.operation): a.status_code for s, a in zip(samples, answers, strict=True)}
    assert statuses == dict.fromkeys(statuses, 503)
    for answer in (*answers, *crowded, *(each for each in read if not each.is_success)):
        sent_away(answer)
    assert succeeded(branch.admin.get(path)).json() == before
    # Once the lock is gone everybody is served, at both doors, and nothing is left of the attempts.
    with ThreadPoolExecutor(CROWD) as pool:
        for answer in pool.map(lambda _: small.get("/books"), range(CROWD)):
            succeeded(answer, 200)
    succeeded(change(), 200)
    for sample in samples:
        succeeded(sample.send())


def test_more_requests_than_connections_are_all_served(branch: Branch, doors: list[Client]) -> None:
    small, book = doors[-1], branch.sales.book()
    path, body = f"/books/{book['id']}/stock-adjustments", {"delta": 1, "reason": "returned"}
    calls = [partial(small.get, "/books")] * (2 * CROWD)
    calls += [
        partial(small.post, path, body, headers={"Idempotency-Key": f"copy-{number}"})
        for number in range(CROWD)
    ]
    with ThreadPoolExecutor(len(calls)) as pool:
        for answer in pool.map(lambda call: call(), calls):
            succeeded(answer)
    on_hand, _ = branch.sales.stock(book)
    assert on_hand == 10 + CROWD
