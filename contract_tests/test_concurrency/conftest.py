"""Two doors into one shop: a server with one worker, and one with four."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import options
from harness.branch import Branch, open_branch
from harness.client import Client
from harness.samples import Sampler
from harness.target import Ground
from harness.webhooks import SECRETS

BUYERS = 60 if options.chosen().is_thorough else 30


@pytest.fixture(scope="session")
def market(ground: Ground) -> Iterator[Branch]:
    """The door with one worker."""
    with open_branch(ground, "market") as branch:
        yield branch


@pytest.fixture(scope="session")
def four(market: Branch, ground: Ground) -> Iterator[Branch]:
    """The door with four."""
    # Four pools: many a PostgreSQL server takes a hundred connections, and others want some, too.
    server = ground.beside(market.server, ground.implementation, DATABASE_POOL_SIZE="6")
    server.workers = 4
    server.start()
    anyone = Client(server.url)
    yield Branch(server, anyone, anyone.bearing(market.admin.token))
    anyone.close()
    server.stop()


@pytest.fixture(scope="module", params=[1, 4], ids=["1 worker", "4 workers"])
def crowd(market: Branch, request: pytest.FixtureRequest) -> Branch:
    """The shop behind either door."""
    if request.param == 1:
        return market
    branch: Branch = request.getfixturevalue("four")
    return branch


@pytest.fixture(scope="session")
def accounts(market: Branch) -> list[Client]:
    """Customers with empty carts, at the first door."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: market.customer().client, range(BUYERS)))


@pytest.fixture(scope="module")
def buyers(crowd: Branch, accounts: list[Client]) -> list[Client]:
    """The same customers at this door."""
    return [crowd.anyone.bearing(account.token) for account in accounts]


@pytest.fixture(scope="module")
def sampler(crowd: Branch) -> Sampler:
    """Makes requests that succeed, here."""
    return Sampler(crowd.sales.shop, crowd.admin, SECRETS[0])
