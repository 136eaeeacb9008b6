"""A dependency that is down is a 503 with Retry-After, and readiness tells which."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from harness import contract, formats, people
from harness.client import Client, refused, succeeded
from harness.contract import Json
from harness.people import Person
from harness.processes import eventually
from harness.proxy import TcpProxy
from harness.sales import path_of
from harness.samples import Sample, Sampler
from harness.server import Server
from harness.shop import Shop
from harness.stores import Store
from harness.target import Ground

NEED_DATABASE = [operation for operation in contract.operations() if 503 in operation.responses]
CART = [
    operation for operation in contract.operations() if operation.definition["tags"] == ["cart"]
]
"""What is kept in Redis alone."""
LOGINS, FROM_ADDRESS = 3, 12
"""How many may fail before an account, or an address, is closed for a while."""
PROBE_SECONDS = 4
"""How long liveness may take: a supervisor that waits for 5 gives up on the server otherwise."""
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Fragile:
    """A server whose dependencies can be taken away."""

    server: Server
    store: Store
    proxy: TcpProxy | None
    sample: Sampler

    @property
    def anyone(self) -> Client:
        """Nobody in particular."""
        return self.sample.anyone

    def readiness(self) -> httpx.Response:
        """What the server says of itself."""
        return self.anyone.get("/health/ready")

    def is_ready(self) -> bool:
        """Whether it serves, as far as it knows."""
        return self.readiness().status_code == 200


@pytest.fixture(scope="module")
def fragile(ground: Ground) -> Iterator[Fragile]:
    store = Store(ground.implementation.logs / "fragile-store.log")
    limits = {"LOGIN_LIMIT_ACCOUNT": str(LOGINS), "LOGIN_LIMIT_ADDRESS": str(FROM_ADDRESS)}
    server = ground.prepare("fragile", pays=True, REDIS_URL=store.url, **limits)
    target = ground.target(server)
    proxy = None
    if ground.databases.kind == "postgres":
        address = urlsplit(server.database_url)
        proxy = TcpProxy(address.hostname or "127.0.0.1", address.port or 5432)
        behind = address._replace(netloc=f"{address.username}@127.0.0.1:{proxy.port}")
        if address.password:
            behind = behind._replace(
                netloc=f"{address.username}:{address.password}@127.0.0.1:{proxy.port}"
            )
        server.database_url = behind.geturl()
    server.start()
    client = Client(server.url)
    admin = people.join(client, target.admin_email, target.admin_password).client
    yield Fragile(server, store, proxy, Sampler(Shop(admin), admin, target.webhook_secret))
    client.close()
    server.stop()
    store.stop()
    if proxy:
        proxy.close()


def unavailable(answer: httpx.Response) -> None:
    refused(answer, 503, "service-unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_without_its_database_everything_is_a_503_until_it_is_back(fragile: Fragile) -> None:
    if not fragile.proxy:
        pytest.skip("SQLite has no connection to cut")
    samples = [fragile.sample(operation) for operation in NEED_DATABASE]
    fragile.proxy.cut()
    try:
        with ThreadPoolExecutor(12) as pool:
            for answer in pool.map(Sample.send, samples):
                unavailable(answer)
        # Whoever goes on asking, nobody waits behind them for what has been away for a while.
        with ThreadPoolExecutor(12) as pool:
            asking = [pool.submit(sample.send) for sample in samples]
            probe = httpx.get(f"{fragile.server.url}/health/live", timeout=PROBE_SECONDS)
        for each in asking:
            unavailable(each.result())
        succeeded(probe, 200)
        checks = refused(fragile.readiness(), 503, "service-unavailable")["checks"]
        assert checks == {"database": "down", "redis": "up"}
        succeeded(fragile.anyone.get("/health/live"), 200)
        succeeded(fragile.anyone.get("/openapi.yaml"), 200)
    finally:
        fragile.proxy.mend()
    assert eventually(fragile.is_ready, seconds=20)
    for sample in samples:
        succeeded(sample.send())


def wrong(person: Person) -> Json:
    """Credentials with which nobody gets in."""
    return {"email": person.email, "password": "something else"}


def guess(fragile: Fragile, person: Person, times: int) -> None:
    """Fail to log in as somebody."""
    for _ in range(times):
        refused(fragile.anyone.post("/auth/login", wrong(person)), 401, "invalid-credentials")


def test_without_redis_the_shop_is_degraded_and_login_goes_on(fragile: Fragile) -> None:
    ready = succeeded(fragile.readiness(), 200).json()
    assert ready == {"status": "ready", "checks": {"database": "up", "redis": "up"}}
    person = people.new_customer(fragile.anyone)
    sales = fragile.sample.sales
    order = sales.order(person.client)
    carts = [fragile.sample(operation) for operation in CART]
    placement = fragile.sample(contract.named("placeOrder"))
    fragile.store.stop()
    degraded = succeeded(fragile.readiness(), 200).json()
    assert degraded == {"status": "degraded", "checks": {"database": "up", "redis": "down"}}
    succeeded(person.client.get("/users/me"), 200)
    succeeded(fragile.anyone.get("/books"), 200)
    guess(fragile, person, LOGINS - 1)
    people.log_in(fragile.anyone, person.email)
    guess(fragile, person, LOGINS)
    refused(fragile.anyone.post("/auth/login", wrong(person)), 429, "too-many-requests")
    succeeded(fragile.sample(contract.named("changePassword")).send(), 204)
    for sample in (*carts, placement):
        unavailable(sample.send())
    assert succeeded(person.client.get(path_of(order))).json() == order
    assert len(person.client.walk("/orders")) == 1
    assert sales.payment(person.client, order)["status"] == "captured"
    succeeded(sales.ship(order), 200)
    succeeded(sales.deliver(order), 200)
    # This comes last: afterwards nobody can log in from this address.
    others = [{"email": formats.email(), "password": "something else"} for _ in range(FROM_ADDRESS)]
    *_, last = (fragile.anyone.post("/auth/login", each) for each in others)
    refused(last, 429, "too-many-requests")
