"""A real streaming replica, that lags, ends and comes back: spec/runtime.md, A read replica."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
import pytest

from harness import people, sales
from harness.branch import Branch, branch_of
from harness.client import refused, succeeded
from harness.contract import Json
from harness.databases import Cluster, PostgresServer, own_cluster
from harness.processes import eventually
from harness.target import Ground

pytestmark = pytest.mark.slow

RETRIED_WITHIN_SECONDS = 15


@dataclass(frozen=True)
class Replicated:
    """A shop with a replica that can be held back, or taken away."""

    branch: Branch
    replica: Cluster

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Within: the replica stays as it is."""
        self._replay("pause")
        try:
            yield
        finally:
            self._replay("resume")

    def knows(self, path: str) -> bool:
        """Whether somebody who says nothing of who they are finds it."""
        return self.branch.anyone.get(path).status_code == 200

    def _replay(self, what: str) -> None:
        with psycopg.connect(self.replica.url, autocommit=True) as connection:
            connection.execute(f"SELECT pg_wal_replay_{what}()".encode())
            state = "SELECT pg_get_wal_replay_pause_state() <> 'pause requested'"
            assert eventually(lambda: (connection.execute(state).fetchone() or [False])[0])


@pytest.fixture(scope="module")
def shop(ground: Ground) -> Iterator[Replicated]:
    if ground.databases.kind != "postgres":
        pytest.skip("SQLite is a part of the shop: nothing follows it")
    with own_cluster() as primary, own_cluster(primary) as replica:
        own = Ground(
            ground.implementation, PostgresServer(primary.url), ground.store_url, ground.folder
        )
        server = own.prepare("replicated")
        database = urlsplit(server.database_url).path
        followed_by = urlsplit(replica.url)._replace(path=database).geturl()
        replica_url = {"BOOKSTORE_DATABASE_REPLICA_URL": followed_by}
        server.settings = {**server.settings, **replica_url}
        try:
            with branch_of(own, server) as branch:
                yield Replicated(branch, replica)
        finally:
            own.close()


def path_of(book: Json) -> str:
    return f"/books/{book['id']}"


def test_who_wrote_it_reads_it_and_others_a_moment_later(shop: Replicated) -> None:
    staff = shop.branch.sales.shop.staff
    with shop.held_back():
        path = path_of(shop.branch.sales.book())
        for signed_in in (staff, shop.branch.admin, shop.branch.buyer):
            succeeded(signed_in.get(path), 200)
        succeeded(shop.branch.anyone.get(path, headers={"Cookie": "session=mine"}), 200)
        refused(shop.branch.anyone.get(path), 404, "not-found")
    assert eventually(lambda: shop.knows(path))


def test_a_whole_purchase_needs_nothing_of_a_replica_that_lags(shop: Replicated) -> None:
    with shop.held_back():
        customer = shop.branch.customer()
        order = shop.branch.sales.order(customer.client)
        assert shop.branch.sales.payment(customer.client, order)["status"] == "captured"
        again = people.join(shop.branch.anyone, customer.email)
        assert succeeded(again.client.get(sales.path_of(order))).json()["state"] == "paid"


def test_an_old_entity_tag_from_the_replica_loses_no_change(shop: Replicated) -> None:
    staff, anyone = shop.branch.sales.shop.staff, shop.branch.anyone
    path = path_of(shop.branch.sales.book())
    assert eventually(lambda: shop.knows(path))
    with shop.held_back():
        staff.change(path, title="First")
        old = anyone.etag(path)
        refused(staff.patch(path, {"title": "Second"}, old), 412, "precondition-failed")


def test_the_primary_stands_in_while_the_replica_is_away(shop: Replicated) -> None:
    path = path_of(shop.branch.sales.book())
    assert eventually(lambda: shop.knows(path))
    shop.replica.stop()
    try:
        for _ in range(20):
            succeeded(shop.branch.anyone.get(path), 200)
        late = path_of(shop.branch.sales.book())
        succeeded(shop.branch.anyone.get(late), 200)
    finally:
        shop.replica.start()
    with shop.held_back():
        unseen = shop.branch.sales.book()
        assert eventually(lambda: not shop.knows(path_of(unseen)), seconds=RETRIED_WITHIN_SECONDS)
