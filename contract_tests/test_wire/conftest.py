"""What wire tests speak to: the main server's socket, and whether it still serves afterwards."""

from collections.abc import Iterator

import pytest

from harness import formats, options
from harness.client import Client, succeeded
from harness.target import Target
from test_wire.desk import Desk


@pytest.fixture
def desk(staff: Client) -> Desk:
    return Desk(staff, formats.word())


@pytest.fixture
def url(target: Target) -> str:
    """Where to connect to."""
    if not target.base_url.startswith("http://"):
        pytest.skip("speaks HTTP over TCP, and this server wants TLS")
    return target.base_url


@pytest.fixture(autouse=True)
def first_hop(request: pytest.FixtureRequest, anyone: Client) -> None:
    """Skip what a gateway in front of the server would answer itself (RFC 9110, 7.6.3)."""
    matters = options.chosen().elsewhere and request.node.get_closest_marker("first_hop")
    if matters and "Via" in anyone.get("/health/live").headers:
        pytest.skip("a gateway takes the connection (`Via`): aim at the server behind it")


@pytest.fixture(autouse=True)
def still_serving(anyone: Client) -> Iterator[None]:
    """Whatever a test has sent, the next client is served."""
    yield
    succeeded(anyone.get("/health/live"), 200)
