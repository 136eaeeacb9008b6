"""PostgreSQL ends under load and comes back: the shop does too, by itself.

It is a cluster of the suite's own, never one that others use.
"""

from collections.abc import Iterator

import pytest

from harness.branch import Branch, open_branch
from harness.client import refused, succeeded
from harness.databases import Cluster, PostgresServer, own_cluster
from harness.processes import eventually
from harness.target import Ground
from test_faults.disk import holds_without_room
from test_faults.traffic import traffic

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(ground: Ground) -> Iterator[Cluster]:
    if ground.databases.kind != "postgres":
        pytest.skip("SQLite is a part of the shop: nothing can be stopped")
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def branch(ground: Ground, cluster: Cluster) -> Iterator[Branch]:
    databases = PostgresServer(cluster.url)
    own = Ground(ground.implementation, databases, ground.store_url, ground.folder)
    try:
        with open_branch(own, "mortal", workers=2) as branch:
            yield branch
    finally:
        own.close()


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_database_that_ends_and_comes_back_has_lost_nothing(
    cluster: Cluster, branch: Branch, how: str
) -> None:
    with traffic(branch) as load:
        cluster.process.kill() if how == "kill" else cluster.stop()
        assert load.notices()
        checks = refused(branch.anyone.get("/health/ready"), 503, "service-unavailable")["checks"]
        assert checks == {"database": "down", "redis": "up"}
        succeeded(branch.anyone.get("/health/live"), 200)
        cluster.start()
        assert eventually(lambda: branch.anyone.get("/health/ready").status_code == 200)
        assert load.goes_on()


def test_covers_that_do_not_fit_leave_nothing_behind(cluster: Cluster, branch: Branch) -> None:
    holds_without_room(branch, cluster.process)
